/** One camera's recorded spans and gaps, sorted by time, and the questions the timeline asks of them. */
import type { Gap } from '../../app/model';

export interface Lane {
  camera: string;
  name: string;
  spans: readonly (readonly [number, number])[];
  gaps: readonly Gap[];
}

export type Found =
  | { kind: 'recorded'; startUs: number; endUs: number }
  | { kind: 'gap'; startUs: number; endUs: number; reason: string }
  | { kind: 'nothing' };

/** Index of the first entry that ends after `us`. `endOf` must not fall. */
export function firstEndingAfter<Entry>(entries: readonly Entry[], us: number, endOf: (entry: Entry) => number): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (endOf(entries[middle] as Entry) > us) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** What the lane holds at `us`, give or take `toleranceUs` for gaps too short to hit. */
export function findAt(lane: Lane, us: number, toleranceUs = 0): Found {
  const gap = lane.gaps[firstEndingAfter(lane.gaps, us - toleranceUs, (entry) => entry.end_us)];
  if (gap !== undefined && gap.start_us <= us + toleranceUs) {
    return { kind: 'gap', startUs: gap.start_us, endUs: gap.end_us, reason: gap.reason };
  }
  const span = lane.spans[firstEndingAfter(lane.spans, us, (entry) => entry[1])];
  if (span !== undefined && span[0] <= us) return { kind: 'recorded', startUs: span[0], endUs: span[1] };
  return { kind: 'nothing' };
}

/** The nearest recorded time at or after `us`, else the end of the last span before it; null if nothing is recorded. */
export function nearestRecorded(lane: Lane, us: number): number | null {
  const span = lane.spans[firstEndingAfter(lane.spans, us, (entry) => entry[1])];
  if (span !== undefined) return Math.max(span[0], us);
  return lane.spans.at(-1)?.[1] ?? null;
}

/**
 * Runs of pixels to fill for sorted intervals: neighbours closer than a pixel become one run, so a
 * lane costs at most as many rectangles as it has pixels.
 */
export function pixelRuns(
  starts: (index: number) => number,
  ends: (index: number) => number,
  first: number,
  count: number,
  toX: (us: number) => number,
  widthPx: number,
): [number, number][] {
  const runs: [number, number][] = [];
  for (let index = first; index < count; index++) {
    const left = toX(starts(index));
    if (left > widthPx) break;
    const right = Math.min(toX(ends(index)), widthPx);
    const last = runs.at(-1);
    if (last !== undefined && left - last[1] < 1) last[1] = Math.max(last[1], right);
    else runs.push([Math.max(left, 0), right]);
  }
  return runs;
}
