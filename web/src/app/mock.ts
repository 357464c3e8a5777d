/**
 * A household that is not there, for development and tests: `?mock=home`, `many`, `empty`, `trouble` …
 * Only in builds of mode `mock` and in the development server; never in the shipped program.
 */
import type { Camera, ExportJob, MemberDevice, Status } from './model';
import { mockAccount } from './mock/account';
import { mockEvents } from './mock/events';
import { mockKeys } from './mock/keys';
import { mockMembers } from './mock/members';
import { mockNotifications } from './mock/notifications';
import { mockPrivacy, mockSuspensions } from './mock/privacy';
import { mockWatching } from './mock/watching';
import { MockChecks } from './mock/checks';
import { exportPort, livePort, playbackPort } from './mock/pictures';
import { mockLedger } from './mock/ledger';
import { cameraStatus, DAY_US, hexId, makeWorld, SCENARIOS, type Scenario, type World } from './mock/world';
import { ApiError, type HubPort, type Ports } from './ports';

const PASSPHRASE = 'lantern copper meadow orbit';
const LATENCY_MS = 40;

function scenarioOfAddress(): Scenario {
  const asked = new URLSearchParams(location.search).get('mock');
  return SCENARIOS.find((name) => name === asked) ?? 'home';
}

class MockHub implements HubPort {
  private state: 'unclaimed' | 'locked' | 'ready' = 'ready';
  private isSignedIn = true;
  private jobs: ExportJob[] = [];
  private tries = 0;
  private householdName = 'Lindenhof';
  private settingsNow = { retention_days: 30, free_bytes_min: 20e9, household_name: 'Lindenhof', language: 'en' };
  private deviceList: MemberDevice[];

  constructor(private readonly world: World) {
    if (world.scenario === 'unclaimed' || world.scenario === 'locked') this.state = world.scenario;
    if (['unclaimed', 'locked', 'signed-out', 'demo'].includes(world.scenario)) this.isSignedIn = false;
    const nowUs = Date.now() * 1000;
    this.deviceList = [
      { id: hexId(501), name: 'Firefox on Linux', enrolled_us: nowUs - 40 * DAY_US, last_seen_us: nowUs, this: true },
      { id: hexId(502), name: 'Kitchen tablet', enrolled_us: nowUs - 21 * DAY_US, last_seen_us: nowUs - 3 * 3.6e9, this: false },
    ];
  }

  private async answer<Value>(value: Value): Promise<Value> {
    await new Promise((resolve) => setTimeout(resolve, LATENCY_MS));
    if (this.world.scenario === 'offline') throw new TypeError('Failed to fetch');
    return structuredClone(value);
  }

  private find(id: string): Camera {
    const camera = this.world.cameras.find((entry) => entry.id === id);
    if (camera === undefined) throw new ApiError('not_found', 404, 'no such camera');
    return camera;
  }

  hello() {
    const demo = this.world.scenario === 'demo' ? { member: 'demo', passphrase: PASSPHRASE } : null;
    return this.answer({
      state: this.state, version: '0.1.0', demo, signed_in: this.isSignedIn, time_us: Date.now() * 1000,
      household: this.state === 'unclaimed' ? null : { id: hexId(9), name: this.householdName },
    }); // prettier-ignore
  }

  async setup(answers: { code: string; household: string }) {
    await this.answer(null);
    if (answers.code !== '493027') throw new ApiError('wrong_setup_code', 403, 'wrong code');
    this.state = 'ready';
    this.isSignedIn = true;
    this.householdName = answers.household;
    const identity = `AGE-SECRET-KEY-1${hexId(77).slice(0, 26).toUpperCase()}${hexId(78).toUpperCase()}`;
    return { device_id: hexId(501), recovery: { identity, file: btoa('recovery') } };
  }

  async judgePassphrase(passphrase: string, context: string[]) {
    const reasons: string[] = [];
    if (passphrase.length < 15) reasons.push('too_short');
    if (context.some((word) => word.length > 2 && passphrase.toLowerCase().includes(word.toLowerCase()))) reasons.push('guessable');
    const score = Math.min(4, Math.floor(new Set(passphrase).size / 3));
    if (reasons.length === 0 && score < 3) reasons.push('guessable');
    return this.answer({ accepted: reasons.length === 0, score: reasons.length > 0 ? Math.min(score, 2) : score, reasons, hints: passphrase.length < 25 && reasons.length === 0 ? ['bsi_short'] : [], standards: { bsi: passphrase.length >= 25, nist: passphrase.length >= 15, asvs: passphrase.length >= 8 } });
  }

  async signIn(_member: string, passphrase: string) {
    await this.answer(null);
    this.tries += 1;
    if (this.tries > 4) throw new ApiError('too_many_tries', 429, 'wait', {}, 42);
    if (passphrase !== PASSPHRASE) throw new ApiError('wrong_passphrase', 401, 'wrong passphrase');
    this.state = 'ready';
    this.isSignedIn = true;
  }

  async signOut() {
    this.isSignedIn = false;
    await this.answer(null);
  }

  session() {
    return this.answer({ member: 'Ada', role: 'owner', device_id: hexId(501), household: { id: hexId(9), name: this.householdName }, expires_us: Date.now() * 1000 + 30 * DAY_US });
  }

  devices() {
    return this.answer(this.deviceList);
  }

  async removeDevice(id: string) {
    this.deviceList = this.deviceList.filter((device) => device.id !== id);
    await this.answer(null);
  }

  cameras() {
    return this.answer(this.world.cameras);
  }

  async addCamera(wanted: { url: string; sub_url?: string; name: string; room?: string; trial: boolean; user?: string }) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    const codes = ['unreachable', 'wrong_password', 'not_found', 'unsupported', 'not_rtsp', 'refused', 'bad_url', 'name_taken'];
    const code = codes.find((word) => wanted.url.includes(word));
    if (code !== undefined) throw new ApiError(code, 422, code);
    const id = hexId(300 + this.world.cameras.length);
    const camera: Camera = {
      id, name: wanted.name, room: wanted.room ?? '', trial: wanted.trial, state: 'running', pending_identity: null,
      streams: [{ stream: 'main', opaque: hexId(3000), url: wanted.url, transport: 'tcp', has_sound: true }],
      identity: { realm: 'IP camera', serial: 'KS-4410-201', mac: '', server: '', session_name: '', tool: '', tls_key_sha256: '' },
      rule: { is_recording: true, mode: 'continuous', retention_days: null, event_retention_days: null, pre_roll_seconds: 10, post_roll_seconds: 10, bytes_max: null },
    }; // prettier-ignore
    this.world.cameras.push(camera);
    return this.answer(camera);
  }

  changeCamera(id: string, change: Partial<Camera>) {
    const { url: _url, password: _password, user: _user, ...kept } = change as Record<string, unknown>;
    return this.answer(Object.assign(this.find(id), kept) as Camera);
  }

  async removeCamera(id: string) {
    this.world.cameras = this.world.cameras.filter((camera) => camera.id !== id);
    await this.answer(null);
  }

  decideIdentity(id: string, decision: 'accept' | 'stop') {
    const camera = this.find(id);
    if (decision === 'accept' && camera.pending_identity !== null) {
      Object.assign(camera, { identity: camera.pending_identity, pending_identity: null, state: 'running' });
      this.world.trouble.delete(id);
    }
    return this.answer(camera);
  }

  timeline(cameras: string[], fromUs: number, toUs: number) {
    const lanes = cameras.flatMap((id) => {
      const lane = this.world.lanes.get(id);
      if (lane === undefined) return [];
      const spans = lane.spans.filter(([start, end]) => end > fromUs && start < toUs);
      return [{ ...lane, spans, gaps: lane.gaps.filter((gap) => gap.end_us > fromUs && gap.start_us < toUs) }];
    });
    return this.answer(lanes);
  }

  activity(cameras: string[], fromUs: number, toUs: number) {
    const eachUs = 41 * 60e6;
    const firstUs = Math.ceil(fromUs / eachUs) * eachUs;
    const starts = Array.from({ length: Math.min(400, Math.max(0, Math.floor((toUs - firstUs) / eachUs))) }, (_, n) => firstUs + n * eachUs);
    return this.answer(cameras.map((camera, n) => ({ camera, spans: starts.map((us): [number, number] => [us + n * 300e6, us + n * 300e6 + 90e6]) })));
  }

  startExport(_camera: string, _stream: string, fromUs: number, toUs: number) {
    const job: ExportJob = {
      writer: hexId(900 + this.jobs.length), state: 'running', progress: 0, message: '', file_name: 'front-door.mp4',
      bytes: Math.round((toUs - fromUs) / 2), pieces: 1, start_us: fromUs, end_us: toUs,
    }; // prettier-ignore
    this.jobs.push(job);
    return this.answer(job);
  }

  exportJob(writer: string) {
    const job = this.jobs.find((entry) => entry.writer === writer);
    if (job === undefined) throw new ApiError('not_found', 404, 'no such export');
    job.progress = Math.min(1, job.progress + 0.34);
    if (job.progress >= 1) job.state = 'done';
    return this.answer(job);
  }

  async removeExport(writer: string) {
    this.jobs = this.jobs.filter((job) => job.writer !== writer);
    await this.answer(null);
  }

  status(): Promise<Status> {
    const isTroubled = this.world.scenario === 'trouble';
    const nowUs = Date.now() * 1000;
    return this.answer<Status>({
      time_us: nowUs,
      cameras: this.world.cameras.map((camera, index) => cameraStatus(this.world, camera, index)),
      disk: {
        total_bytes: 2e12, free_bytes: isTroubled ? 31e9 : 1.21e12, recorded_bytes: isTroubled ? 1.6e12 : 4.1e11,
        bytes_per_day: this.world.cameras.length * 3.9e10, days_left: isTroubled ? 1.2 : 9.4, state: isTroubled ? 'low' : 'ok',
      },
      refusals: isTroubled
        ? { total: 31, by_reason: { foreign_camera: 24, stale: 6, tampered: 1 }, last_us: nowUs - 4e8 }
        : { total: 0, by_reason: {}, last_us: null },
      viewers: 2,
      alarms: isTroubled ? [{ code: 'disk_low', text: 'The disk is nearly full.', since_us: nowUs - 7.2e9 }] : [],
    }); // prettier-ignore
  }

  settings() {
    return this.answer(this.settingsNow);
  }

  changeSettings(change: Partial<typeof this.settingsNow>) {
    Object.assign(this.settingsNow, change);
    if (change.household_name !== undefined) this.householdName = change.household_name;
    return this.answer(this.settingsNow);
  }
}

/** Ports of a household that exists in this tab only. */
export function mockPorts(): Ports {
  const world = makeWorld(scenarioOfAddress());
  const hub = new MockHub(world);
  return {
    hub,
    account: mockAccount((member, passphrase) => hub.signIn(member, passphrase)),
    live: livePort(world),
    playback: playbackPort(world),
    exporter: exportPort,
    events: mockEvents(world),
    members: mockMembers(world),
    keys: mockKeys(),
    ledger: mockLedger(world),
    checks: new MockChecks(world),
    suspensions: mockSuspensions(world),
    watching: mockWatching(world),
    privacy: mockPrivacy(),
    notifications: mockNotifications(world),
    nowUs: () => Date.now() * 1000,
    deviceName: () => 'Firefox on Linux',
    sessionChanged() {},
  };
}
