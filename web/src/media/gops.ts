// Which recorded groups of pictures there are: the hub's index of one camera's stream, fetched in
// stretches as playback needs them.

import type { ApiClient } from '../api/client';
import type { Segment, StreamName } from '../api/types';
import { Kind } from '../seal/header';
import { Lru } from './lru';

const STRETCH_US = 600_000_000;
const STRETCHES_MAX = 48;
/** A stretch that reaches into the present is asked for again after this long. */
const FRESH_MS = 4000;
/** The recorder makes things durable about every so often; the present is younger than this. */
const PRESENT_US = 150_000_000;
/** Shorter holes are joints between segments, not gaps (hub/recording.py). */
export const JOINT_US = 2_500_000;
const LOOK_AHEAD_US = 31 * 86_400_000_000;

/** A keyframe and what follows it: what can be decoded by itself. */
export interface Gop {
  readonly segment: Segment;
  readonly startUs: number;
  readonly endUs: number;
  /** Sequence of the STILL. */
  readonly first: number;
  /** Sequence of the last fragment of the group. */
  readonly last: number;
  readonly bytes: number;
}

/** The groups of one segment. Fragments before its first keyframe cannot be decoded and are left out. */
export function gopsOf(segment: Segment): Gop[] {
  const gops: Gop[] = [];
  for (const [sequence, kind, startUs, bytes] of segment.fragments) {
    if (kind === Kind.STILL) {
      const before = gops.at(-1);
      if (before !== undefined) gops[gops.length - 1] = { ...before, endUs: startUs };
      gops.push({ segment, startUs, endUs: segment.end_us, first: sequence, last: sequence, bytes });
    } else if (kind === Kind.GOP) {
      const open = gops.at(-1);
      if (open === undefined) continue;
      gops[gops.length - 1] = { ...open, last: sequence, bytes: open.bytes + bytes };
    }
  }
  return gops;
}

/** Position of the last group that starts at or before a time; -1 if none does. */
export function positionAt(gops: readonly Gop[], timeUs: number): number {
  let [low, high] = [0, gops.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((gops[middle]?.startUs ?? 0) <= timeUs) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

interface Stretch {
  readonly gops: Promise<Gop[]>;
  readonly askedMs: number;
  readonly isPresent: boolean;
}

export interface GopParts {
  readonly api: Pick<ApiClient, 'recordings' | 'timeline'>;
  /** Wall time of the hub. */
  readonly nowUs: () => number;
}

export class Gops {
  readonly #parts: GopParts;
  /** By number since 1970. */
  readonly #stretches = new Lru<number, Stretch>(STRETCHES_MAX);

  constructor(
    parts: GopParts,
    readonly camera: string,
    readonly stream: StreamName,
  ) {
    this.#parts = parts;
  }

  /**
   * The group on screen at a time; null in a gap.
   * @throws ApiError
   */
  async at(timeUs: number): Promise<Gop | null> {
    const gops = await this.#stretch(Math.floor(timeUs / STRETCH_US));
    const position = positionAt(gops, timeUs);
    const gop = gops[position];
    if (gop === undefined) return null;
    if (timeUs < gop.endUs) return gop;
    const next = gops[position + 1] ?? (await this.#stretch(Math.floor(timeUs / STRETCH_US) + 1))[0];
    return next !== undefined && next.startUs - gop.endUs < JOINT_US ? gop : null;
  }

  /**
   * The first group that starts after a time; null if there is none (yet).
   * @throws ApiError
   */
  async after(timeUs: number): Promise<Gop | null> {
    const here = Math.floor(timeUs / STRETCH_US);
    for (const number of [here, here + 1]) {
      const gops = await this.#stretch(number);
      const gop = gops[positionAt(gops, timeUs) + 1];
      if (gop !== undefined && gop.startUs > timeUs) return gop;
    }
    const fromUs = (here + 2) * STRETCH_US;
    const nowUs = this.#parts.nowUs();
    if (fromUs > nowUs) return null;
    const toUs = Math.min(nowUs, fromUs + LOOK_AHEAD_US);
    const [lane] = await this.#parts.api.timeline([this.camera], fromUs, Math.max(toUs, fromUs + 1));
    const start = lane?.spans[0]?.[0];
    if (start === undefined) return null;
    const gops = await this.#stretch(Math.floor(Math.max(start, fromUs) / STRETCH_US));
    return gops[positionAt(gops, timeUs) + 1] ?? null;
  }

  /**
   * The last group that starts before a time, not further back than about ten minutes; else null.
   * @throws ApiError
   */
  async before(timeUs: number): Promise<Gop | null> {
    const here = Math.floor(timeUs / STRETCH_US);
    for (const number of [here, here - 1]) {
      const gops = await this.#stretch(number);
      const position = positionAt(gops, timeUs - 1);
      if (position >= 0) return gops[position] ?? null;
    }
    return null;
  }

  /** The segments that begin after a group, as far as they are known: to ask for keys in time. */
  async segmentsAfter(gop: Gop, count: number): Promise<Segment[]> {
    const gops = await this.#stretch(Math.floor(gop.startUs / STRETCH_US));
    const segments = new Set<Segment>();
    for (const next of gops.slice(positionAt(gops, gop.startUs) + 1)) {
      if (next.segment !== gop.segment) segments.add(next.segment);
      if (segments.size === count) break;
    }
    return [...segments];
  }

  #stretch(number: number): Promise<Gop[]> {
    const now = performance.now();
    let stretch = this.#stretches.get(number);
    if (stretch === undefined || (stretch.isPresent && now - stretch.askedMs > FRESH_MS)) {
      const [fromUs, toUs] = [number * STRETCH_US, (number + 1) * STRETCH_US];
      if (fromUs > this.#parts.nowUs() + PRESENT_US) return Promise.resolve([]);
      const gops = this.#fetch(fromUs, toUs);
      const isPresent = toUs > this.#parts.nowUs() - PRESENT_US;
      stretch = { gops, askedMs: now, isPresent };
      this.#stretches.set(number, stretch);
      gops.catch(() => this.#stretches.delete(number));
    }
    return stretch.gops;
  }

  async #fetch(fromUs: number, toUs: number): Promise<Gop[]> {
    const segments = await this.#parts.api.recordings(this.camera, this.stream, fromUs, toUs);
    return segments.flatMap(gopsOf).sort((a, b) => a.startUs - b.startUs);
  }
}
