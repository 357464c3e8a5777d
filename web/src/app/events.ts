/**
 * What was noticed, as the pages see it. `wiring.ts` satisfies EventsPort with the hub and sealed
 * pictures, the mock with drawn ones.
 */

export interface EventPictureName {
  id: string;
  bytes: number;
}

/** Small pictures row by row in one JPEG, to be shown one after the other. */
export interface EventPreviewName extends EventPictureName {
  columns: number;
  rows: number;
  count: number;
}

/** Left, top, right, bottom as shares of the picture. */
export type Box = readonly [left: number, top: number, right: number, bottom: number];

/** One visit of somebody or something. Times are wall times. */
export interface EventDoc {
  id: string;
  camera: string;
  kind: string;
  start_us: number;
  /** Noticed last. */
  last_us: number;
  /** Null while it goes on. */
  end_us: number | null;
  confidence: number;
  best_us: number;
  /** Null for a sound. */
  best_box: Box | null;
  zones: readonly string[];
  /** Seconds since the start, and where it stood. */
  path: readonly (readonly [seconds: number, x: number, y: number])[];
  seen: boolean;
  kept: boolean;
  picture: EventPictureName | null;
  preview: EventPreviewName | null;
}

export interface EventQuery {
  cameras?: readonly string[];
  room?: string;
  kinds?: readonly string[];
  zone?: string;
  fromUs?: number;
  toUs?: number;
  isSeen?: boolean;
  isKept?: boolean;
  /** Where the page before ended. */
  before?: string;
  limit?: number;
}

/** Newest first. */
export interface EventPage {
  events: EventDoc[];
  next_before: string | null;
}

export interface EventChange {
  seen?: boolean;
  kept?: boolean;
}

/** Which are marked as seen: these, or all that began until then. */
export type SeenWish = { events: readonly string[] } | { until_us: number; camera?: string };

/** How many began between two edges. */
export interface EventCount {
  kinds: Readonly<Record<string, number>>;
}

export type PictureRole = 'picture' | 'preview';

export interface EventsPort {
  list(query: EventQuery, signal?: AbortSignal): Promise<EventPage>;
  find(id: string): Promise<EventDoc>;
  change(id: string, change: EventChange): Promise<EventDoc>;
  markSeen(wish: SeenWish): Promise<void>;
  remove(id: string): Promise<void>;
  /** One count for each pair of neighbouring edges, oldest first; without cameras of all. */
  counts(edgesUs: readonly number[], cameras?: readonly string[]): Promise<EventCount[]>;
  /** How many nobody of this session has seen. */
  unseen(): Promise<number>;
  /**
   * An opened picture as a blob URL of this page; null where there is none. Kept in memory for a while and
   * nowhere else. Ask for many at once: their keys travel together.
   */
  picture(event: EventDoc, role: PictureRole, signal: AbortSignal): Promise<string | null>;
}

export function totalOf(count: EventCount): number {
  return Object.values(count.kinds).reduce((sum, each) => sum + each, 0);
}

/** Newest first; the same instant in order of id, as the hub pages. */
export function isBefore(one: EventDoc, other: EventDoc): boolean {
  return one.start_us !== other.start_us ? one.start_us > other.start_us : one.id > other.id;
}

/** When it ended, or was noticed last while it goes on. */
export function endOf(event: EventDoc): number {
  return event.end_us ?? event.last_us;
}
