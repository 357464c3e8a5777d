/**
 * What the pages need from the rest of the browser program. Pages know these interfaces only;
 * `wiring.ts` satisfies them with the sealed player, the mock with drawn pictures.
 */
import type {
  Camera,
  CameraActivity,
  ExportChange,
  ExportJob,
  Hello,
  HouseholdSettings,
  MemberDevice,
  NewCamera,
  PassphraseVerdict,
  CameraChange,
  Session,
  SetupRequest,
  SetupResult,
  Status,
  StreamName,
  TimelineLane,
} from './model';
import type { ChecksPort } from '../api/checks';
import type { AccountPort } from './account';
import type { KeysClient } from '../api/keys';
import type { EventsPort } from './events';
import type { MembersPort } from '../api/members';
import type { NotificationsClient } from '../api/notifications';
import type { PrivacyClient } from '../api/privacy';
import type { SuspensionsClient } from '../api/suspensions';
import type { WatchingClient } from '../api/watching';
import type { LedgerPort } from './ledger';
import type { LiveReport, PictureState } from '../media/livestate';
import type { PlaybackReport } from '../media/playback';
import type { Sight } from '../media/sights';

export { ApiError } from '../api/client';
export type { LiveReport, PictureState, PlaybackReport, Sight };

export interface HubPort {
  hello(): Promise<Hello>;
  setup(answers: Omit<SetupRequest, 'device'>): Promise<SetupResult>;
  judgePassphrase(passphrase: string, context: string[], signal: AbortSignal, hasFactor?: boolean): Promise<PassphraseVerdict>;
  signOut(): Promise<void>;
  session(): Promise<Session>;
  devices(): Promise<MemberDevice[]>;
  removeDevice(id: string): Promise<void>;
  cameras(): Promise<Camera[]>;
  addCamera(camera: NewCamera): Promise<Camera>;
  changeCamera(id: string, change: CameraChange): Promise<Camera>;
  removeCamera(id: string, recordings: 'keep' | 'delete'): Promise<void>;
  decideIdentity(id: string, decision: 'accept' | 'stop'): Promise<Camera>;
  timeline(cameras: string[], fromUs: number, toUs: number, signal?: AbortSignal): Promise<TimelineLane[]>;
  activity(cameras: string[], fromUs: number, toUs: number, signal?: AbortSignal): Promise<CameraActivity[]>;
  startExport(camera: string, stream: StreamName, fromUs: number, toUs: number, change?: ExportChange): Promise<ExportJob>;
  exportJob(writer: string): Promise<ExportJob>;
  removeExport(writer: string): Promise<void>;
  status(): Promise<Status>;
  settings(): Promise<HouseholdSettings>;
  changeSettings(change: Partial<HouseholdSettings>): Promise<HouseholdSettings>;
}

export type StreamChoice = 'auto' | 'main' | 'sub';

/** One live picture in one container. */
export interface LiveView {
  setStream(choice: StreamChoice): void;
  setMuted(isMuted: boolean): void;
  /** Its listener is told what is seen in the pictures; null: what was seen is of the past. */
  readonly sights: { listener: ((sight: Sight | null) => void) | null };
  /** The picture on screen, as PNG or JPEG. */
  snapshot(): Promise<Blob>;
  close(): void;
}

export interface LivePort {
  /** Shows a camera in `container`; `report` is called on every change and about once a second. */
  open(camera: Camera, container: HTMLElement, choice: StreamChoice, report: (now: LiveReport) => void): LiveView;
}

/** Recorded pictures of one camera in one container. */
export interface PlaybackView {
  seek(timeUs: number): void;
  play(): void;
  pause(): void;
  setSpeed(speed: number): void;
  /** One frame on or back; pauses. */
  step(direction: 1 | -1): void;
  setMuted(isMuted: boolean): void;
  snapshot(): Promise<Blob>;
  close(): void;
}

export interface PlaybackPort {
  open(camera: Camera, container: HTMLElement, report: (now: PlaybackReport) => void): PlaybackView;
  /** A picture near `timeUs`, or null where nothing was recorded. The caller closes it. */
  thumbnail(camera: Camera, timeUs: number, signal: AbortSignal): Promise<ImageBitmap | null>;
}

export interface ExportPort {
  /** Whether saveToFile works here. */
  readonly canSaveToFile: boolean;
  /** Fetches and opens the pieces of a finished export, in memory. */
  open(job: ExportJob, progress: (share: number) => void, signal: AbortSignal): Promise<Blob>;
  /** The same, straight into a file that the person chooses; to be called from a click. */
  saveToFile(job: ExportJob, progress: (share: number) => void, signal: AbortSignal): Promise<void>;
}

/** Everything a page may use. */
export interface Ports {
  hub: HubPort;
  account: AccountPort;
  live: LivePort;
  playback: PlaybackPort;
  exporter: ExportPort;
  events: EventsPort;
  ledger: LedgerPort;
  members: MembersPort;
  keys: KeysClient;
  checks: ChecksPort;
  suspensions: SuspensionsClient;
  watching: WatchingClient;
  privacy: PrivacyClient;
  notifications: NotificationsClient;
  /** Wall time of the hub; this browser's own clock may be wrong. */
  nowUs(): number;
  /** A name for this browser that its owner will recognise in a list. */
  deviceName(): string;
  /** Called after sign-in and sign-out, so that sockets and keys follow the session. */
  sessionChanged(session: Session | null): void;
  /** Set by the program: the door ended the session. */
  sessionEnded?: () => void;
}
