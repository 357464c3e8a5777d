// The hub's HTTP API: the shapes of design/wire.md, section 7. Ids are 32 lower-case hex digits, times
// are microseconds since 1970 UTC (`_us`).

import type { Capability } from './members';
import type { Reason } from './watching';
import type { StreamName } from '../seal/header';

export type { StreamName };

/** What one stream is doing right now. */
export type StreamState =
  | 'starting'
  | 'running'
  | 'silent'
  | 'unreachable'
  | 'wrong_password'
  | 'not_found'
  | 'unsupported'
  | 'not_rtsp'
  | 'refused'
  | 'identity_changed'
  | 'stopped'
  /** Of stills: the privacy masks cannot be applied. */
  | 'hidden';

export interface Hello {
  state: 'unclaimed' | 'locked' | 'ready';
  version: string;
  household: { id: string; name: string } | null;
  demo: { member: string; passphrase: string } | null;
  signed_in: boolean;
  time_us: number;
}

export interface EnrollingDevice {
  name: string;
  /** Raw public key, base64: X25519, or ML-KEM-768 with X25519. */
  public_key: string;
  kem?: 'x25519' | 'mlkem768_x25519';
  /** P-256 point, base64: proves this browser's requests. */
  signing_key?: string;
  id?: string;
}

export interface SetupRequest {
  code: string;
  household: string;
  member: string;
  passphrase: string;
  starts_unattended: boolean;
  device: EnrollingDevice;
}

export interface SetupResult {
  device_id: string;
  recovery: { identity: string; file: string };
}

export interface PassphraseVerdict {
  accepted: boolean;
  score: number;
  reasons: string[];
  hints: string[];
  /** What three standards say, each for itself. */
  standards?: { bsi: boolean; nist: boolean; asvs: boolean };
}

export interface Session {
  member: string;
  role: string;
  device_id: string;
  household: { id: string; name: string };
  expires_us: number;
  /** Other people use this device too: PINs are asked for. */
  shared?: boolean;
  /** What proofs of this session carry, and the hub's time for them. */
  nonce?: string;
  time_us?: number;
}

export interface MemberDevice {
  id: string;
  name: string;
  enrolled_us: number;
  last_seen_us: number | null;
  this: boolean;
}

export interface CameraStream {
  stream: StreamName;
  /** Names the stream to the door. */
  opaque: string;
  url: string | null;
  transport: string | null;
  has_sound?: boolean;
}

/** Everything; only what is around events; or each for its own days. */
export type RecordingMode = 'continuous' | 'events' | 'both';

export interface RecordingRule {
  is_recording: boolean;
  mode: RecordingMode;
  /** null: as the household. */
  retention_days: number | null;
  /** null: as retention_days. */
  event_retention_days: number | null;
  pre_roll_seconds: number;
  post_roll_seconds: number;
  bytes_max: number | null;
}

export type DeviceFacts = Record<string, string>;

export interface Camera {
  id: string;
  name: string;
  room: string;
  trial: boolean;
  streams: CameraStream[];
  identity: DeviceFacts;
  rule: RecordingRule;
  state: StreamState;
  pending_identity: DeviceFacts | null;
  /** What the one who asks may do with it now. */
  capabilities?: Capability[];
  /** What of it is switched off now, and why. */
  suspended?: Partial<Record<Capability, Off>>;
  vendor?: string;
  model?: string;
  /** `ask`: its PIN has to be given on this device before its keys are released. */
  pin?: 'none' | 'set' | 'ask';
  /** It has privacy masks: its stills are the watcher's, live pictures are not masked. */
  masked?: boolean;
  /** How watching it goes. */
  watching_state?: { state: string; reason: Reason | null };
}

/** Something is switched off. */
export interface Off {
  reason: string;
  /** The hub did it, because somebody else's picture was on its way. */
  is_foreign: boolean;
  since_us: number;
  until_us: number | null;
}

export interface NewCamera {
  url: string;
  sub_url?: string;
  user?: string;
  password?: string;
  transport?: string;
  name: string;
  room?: string;
  trial: boolean;
}

export interface CameraChange {
  name?: string;
  room?: string;
  trial?: false;
  vendor?: string;
  model?: string;
  rule?: RecordingRule;
  user?: string;
  password?: string;
  url?: string;
  sub_url?: string;
}

/** What the app wants keys for. */
export interface KeysRequest {
  live: { camera: string; stream: StreamName }[];
  recordings: { camera: string; stream: StreamName; writers: string[] }[];
  exports: string[];
  /** Pictures of events. */
  events?: { camera: string; pictures: string[] }[];
}

/** A window's secret, wrapped for one device. */
export interface Release {
  camera: string;
  stream: StreamName;
  purpose: 'live' | 'still' | 'rec' | 'export' | 'event';
  epoch: number;
  writer: string;
  device: string;
  /** Encapsulated key and ciphertext, base64. */
  wrapped: string;
  codec: string;
  is_next: boolean;
  expires_us: number | null;
}

/** Keys that were asked for and are not given: to none of the windows of this camera, stream and purpose. */
export interface RefusedKeys {
  camera: string;
  stream: StreamName;
  purpose: Release['purpose'];
  reason: 'no_such_camera' | 'not_granted' | 'suspended' | 'pin_needed';
  /** Of what is switched off: its reason and times. */
  why?: string;
  since_us?: number | null;
  until_us?: number | null;
}

export interface KeysAnswer {
  keys: Release[];
  refused: RefusedKeys[];
}

export interface Gap {
  start_us: number;
  end_us: number;
  reason: string;
}

export interface CameraActivity {
  camera: string;
  spans: [startUs: number, endUs: number][];
}

export interface TimelineLane {
  camera: string;
  stream: StreamName;
  spans: [start_us: number, end_us: number][];
  gaps: Gap[];
}

/** One recorded fragment; it ends where the next one starts. */
export type FragmentEntry = [sequence: number, kind: number, start_us: number, bytes: number];

/** One recorded window. */
export interface Segment {
  writer: string;
  epoch: number;
  start_us: number;
  end_us: number;
  codec: string;
  width: number;
  height: number;
  bytes: number;
  /** Still being written: more fragments will follow. */
  growing?: boolean;
  fragments: FragmentEntry[];
}

export interface ExportJob {
  writer: string;
  camera?: string;
  state: 'running' | 'done' | 'failed';
  progress: number;
  message: string;
  file_name: string;
  bytes: number;
  pieces: number;
  start_us: number;
  end_us: number;
}

/** What of an export is made unseen or unheard; the pictures are then coded anew. */
export interface ExportChange {
  blur_faces?: boolean;
  apply_masks?: boolean;
  without_sound?: boolean;
}

export interface StreamStatus {
  stream: StreamName;
  state: StreamState;
  detail: string;
  since_us: number;
  codec: string;
  width: number;
  height: number;
  frames_per_second: number;
  bits_per_second: number;
  last_fragment_age_seconds: number | null;
  transport: string | null;
  camera_clock_offset_seconds: number | null;
}

export interface CameraStatus {
  camera: string;
  name: string;
  room: string;
  state: StreamState;
  streams: StreamStatus[];
  gaps_today: number;
  gap_seconds_today: number;
  recorded_bytes: number;
  /** How watching it goes: `watching_state` of the camera. */
  watching?: { state: string; reason: Reason | null };
}

export interface DiskStatus {
  free_bytes: number;
  total_bytes: number;
  recorded_bytes: number;
  bytes_per_day: number;
  days_left: number | null;
  state: string;
}

export interface Alarm {
  code: string;
  text: string;
  since_us: number;
}

export interface Status {
  time_us: number;
  cameras: CameraStatus[];
  /** Of the machine, for owners only; null for everybody else. */
  disk: DiskStatus | null;
  refusals: { total: number; by_reason: Record<string, number>; last_us: number | null } | null;
  viewers: number | null;
  alarms: Alarm[];
}

export interface HouseholdSettings {
  retention_days: number | null;
  free_bytes_min: number;
  household_name: string;
  language: string;
}

export interface RefusalReport {
  camera: string;
  stream: StreamName;
  reason: string;
  /** The header of the refused fragment, base64. */
  header: string;
}

