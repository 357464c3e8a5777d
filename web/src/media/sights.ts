// What the watcher saw in live pictures: boxes that come as fragments of their own between the pictures,
// under the same key (design/wire.md, section 2). Nothing here is trusted to be drawn as markup.

import type { Bytes } from '../seal/encoding';

/** Somebody or something in a picture; edges are shares of it, 0..1. */
export interface Seen {
  readonly kind: string;
  /** 0..1 */
  readonly confidence: number;
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface Sight {
  /** When the picture was taken that this was seen in. */
  readonly wallUs: number;
  readonly seen: readonly Seen[];
  /** Looking took so long that the picture on screen is another one by now. */
  readonly isLate: boolean;
}

const SEEN_MAX = 100;
const KIND_LENGTH_MAX = 40;
/** Pictures are looked at every few hundred ms while somebody is there; then boxes are of the past. */
const HELD_MS = 3000;
/** Who walks has left the box by then. */
const LATE_US = 700_000;
/** Older ones would be in the way only. */
const OLD_US = 3_000_000;

function isShare(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 1;
}

function readSeen(value: unknown): Seen | null {
  if (!Array.isArray(value) || value.length !== 6) return null;
  const [kind, confidence, left, top, right, bottom] = value as unknown[];
  if (typeof kind !== 'string' || kind === '' || kind.length > KIND_LENGTH_MAX) return null;
  if (!isShare(confidence) || !isShare(left) || !isShare(top) || !isShare(right) || !isShare(bottom)) return null;
  return left <= right && top <= bottom ? { kind, confidence, left, top, right, bottom } : null;
}

/** Boxes of one look; null for what makes no sense. */
export function readSight(payload: Bytes): Omit<Sight, 'isLate'> | null {
  let found: unknown;
  try {
    found = JSON.parse(new TextDecoder().decode(payload));
  } catch {
    return null;
  }
  if (typeof found !== 'object' || found === null) return null;
  const { wall_us: wallUs, boxes } = found as { wall_us?: unknown; boxes?: unknown };
  if (typeof wallUs !== 'number' || !Array.isArray(boxes) || boxes.length > SEEN_MAX) return null;
  const seen = boxes.map(readSeen);
  return seen.includes(null) ? null : { wallUs, seen: seen.filter((one) => one !== null) };
}

/** The newest boxes of one live picture, for as long as they are worth showing. */
export class Sights {
  listener: ((sight: Sight | null) => void) | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** @param shownUs wall time of the picture on screen; null while there is none. */
  take(payload: Bytes, shownUs: number | null): void {
    const sight = readSight(payload);
    if (sight === null || this.listener === null) return;
    const lateUs = (shownUs ?? sight.wallUs) - sight.wallUs;
    if (lateUs > OLD_US) return;
    this.#stop();
    this.#timer = setTimeout(() => this.clear(), HELD_MS);
    this.listener({ ...sight, isLate: lateUs > LATE_US });
  }

  clear(): void {
    this.#stop();
    this.listener?.(null);
  }

  #stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
