/** The mock's household: cameras, recordings, trouble. One scenario of `?mock=` each. */
import type { Camera, CameraStatus, Gap, StreamState, TimelineLane } from '../model';
import type { PictureState } from '../ports';

export const SCENARIOS = [
  'home', 'many', 'one', 'empty', 'trouble', 'unclaimed', 'locked', 'signed-out', 'demo', 'offline',
] as const; // prettier-ignore
export type Scenario = (typeof SCENARIOS)[number];

export interface Trouble {
  state: PictureState;
  reason: string | null;
  ageSeconds: number | null;
  hasPicture: boolean;
  isSubstitute: boolean;
}

export interface World {
  scenario: Scenario;
  cameras: Camera[];
  trouble: Map<string, Trouble>;
  lanes: Map<string, TimelineLane>;
  firstPictureMs: number;
  sceneOf(id: string): number;
}

export const DAY_US = 86_400_000_000;
const HOUR_US = 3_600_000_000;

const PLACES: readonly [string, string][] = [
  ['Front door', 'Outside'], ['Garden', 'Outside'], ['Nursery', 'Upstairs'],
  ['Driveway', 'Outside'], ['Hall', 'Ground floor'], ['Workshop', 'Ground floor'],
]; // prettier-ignore

export function hexId(seed: number): string {
  let text = '';
  let state = seed * 2654435761 + 12345;
  while (text.length < 32) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    text += state.toString(16).padStart(8, '0');
  }
  return text;
}

function makeCamera(index: number): Camera {
  const [name, room] = PLACES[index % PLACES.length] ?? ['Camera', ''];
  const copy = Math.floor(index / PLACES.length);
  const host = `192.168.20.${11 + index}`;
  return {
    id: hexId(index + 1),
    name: copy === 0 ? name : `${name} ${copy + 1}`,
    room,
    trial: false,
    streams: [
      { stream: 'main', opaque: hexId(1000 + index), url: `rtsp://${host}/stream1`, transport: 'tcp', has_sound: index % 2 === 0 },
      { stream: 'sub', opaque: hexId(2000 + index), url: `rtsp://${host}/stream2`, transport: 'tcp' },
    ],
    identity: { realm: 'IP camera', server: 'Rtsp Server 3.1', serial: `KS-4410-${120 + index}`, mac: `02:11:32:5a:01:0${index % 10}`, session_name: 'Media', tool: '', tls_key_sha256: '' },
    rule: { is_recording: true, mode: 'continuous', retention_days: null, event_retention_days: null, pre_roll_seconds: 10, post_roll_seconds: 10, bytes_max: null },
    state: 'running',
    pending_identity: null,
  };
}

const GAP_REASONS = ['unreachable', 'silent', 'hub_stopped', 'disk_slow', 'stopped'];

/** 30 days of spans with a few gaps, the same on every load. */
function makeLane(camera: Camera, index: number, nowUs: number): TimelineLane {
  const startUs = nowUs - 12 * DAY_US - index * HOUR_US;
  const spans: [number, number][] = [];
  const gaps: Gap[] = [];
  let cursor = startUs;
  let state = index * 7919 + 17;
  const random = (): number => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state / 0x7fffffff;
  };
  while (cursor < nowUs) {
    const end = Math.min(cursor + (1 + random() * 8) * HOUR_US, nowUs);
    spans.push([cursor, end]);
    if (end >= nowUs) break;
    const gapEnd = Math.min(end + (20 + random() * 1_400) * 1e6, nowUs);
    gaps.push({ start_us: end, end_us: gapEnd, reason: GAP_REASONS[Math.floor(random() * GAP_REASONS.length)] ?? 'unreachable' });
    cursor = gapEnd;
  }
  return { camera: camera.id, stream: 'main', spans, gaps };
}

const TROUBLES: readonly [PictureState, StreamState, Partial<Trouble>][] = [
  ['unreachable', 'unreachable', {}],
  ['refused', 'running', { reason: 'foreign_camera' }],
  ['identity_changed', 'identity_changed', {}],
  ['stale', 'silent', { ageSeconds: 14, hasPicture: true }],
  ['wrong_password', 'wrong_password', {}],
  ['live', 'running', { isSubstitute: true, hasPicture: true, ageSeconds: 0.4 }],
];

const COUNTS: Partial<Record<Scenario, number>> = { many: 32, one: 1, empty: 0, demo: 2 };

export function makeWorld(scenario: Scenario): World {
  const nowUs = Date.now() * 1000;
  const cameras = Array.from({ length: COUNTS[scenario] ?? 6 }, (_, index) => makeCamera(index));
  const trouble = new Map<string, Trouble>();
  if (scenario === 'trouble') {
    cameras.forEach((camera, index) => {
      const [state, streamState, more] = TROUBLES[index % TROUBLES.length] ?? ['live', 'running', {}];
      camera.state = streamState;
      if (state === 'identity_changed') {
        camera.pending_identity = { ...camera.identity, serial: 'KS-4410-977', mac: '02:11:32:77:90:1c', server: 'Hipcam RealServer/V1.0' };
      }
      trouble.set(camera.id, { state, reason: null, ageSeconds: null, hasPicture: false, isSubstitute: false, ...more });
    });
  }
  const lanes = new Map(cameras.map((camera, index) => [camera.id, makeLane(camera, index, nowUs)]));
  const order = new Map(cameras.map((camera, index) => [camera.id, index]));
  return {
    scenario, cameras, trouble, lanes, firstPictureMs: 350,
    sceneOf: (id) => order.get(id) ?? 0,
  }; // prettier-ignore
}

export function recordedAt(world: World, camera: string, timeUs: number): boolean {
  return world.lanes.get(camera)?.spans.some(([start, end]) => start <= timeUs && timeUs <= end) ?? false;
}

export function cameraStatus(world: World, camera: Camera, index: number): CameraStatus {
  const nowUs = Date.now() * 1000;
  const gaps = world.lanes.get(camera.id)?.gaps.filter((gap) => gap.end_us > nowUs - DAY_US) ?? [];
  const isRunning = camera.state === 'running';
  return {
    camera: camera.id,
    name: camera.name,
    room: camera.room,
    state: camera.state,
    streams: camera.streams.map((stream) => {
      const isMain = stream.stream === 'main';
      return {
        stream: stream.stream,
        state: camera.state,
        detail: '',
        since_us: nowUs - (3 + index) * 3.1e9,
        codec: index % 3 === 1 && isMain ? 'hvc1.1.6.L150.90' : 'avc1.640028',
        width: isMain ? 2560 : 640,
        height: isMain ? 1440 : 360,
        frames_per_second: isRunning ? (isMain ? 20 : 10) : 0,
        bits_per_second: isRunning ? (isMain ? 3_850_000 + index * 310_000 : 412_000) : 0,
        last_fragment_age_seconds: isRunning ? 0.4 + index / 10 : camera.state === 'silent' ? 14 : null,
        transport: 'tcp',
        camera_clock_offset_seconds: index === 2 ? -41.2 : 0.1,
      };
    }),
    gaps_today: gaps.length,
    gap_seconds_today: gaps.reduce((sum, gap) => sum + (gap.end_us - gap.start_us) / 1e6, 0),
    recorded_bytes: 41e9 + index * 7.3e9,
  };
}
