// The pictures of one opened group, by time.

import type { Gops } from './gops';
import { type OpenGop, type Recorded, sampleUs } from './recorded';
import type { Chunk } from './stilldecoder';

/** The encoded pictures of a group, in decoding order; the timestamp is wall time. */
export function chunksOf(open: OpenGop, track: number): Chunk[] {
  return open.samples
    .filter((sample) => sample.track === track)
    .map((sample) => ({
      timestamp: Math.round(sampleUs(open, sample)),
      isKey: sample.isSync,
      data: sample.data,
    }));
}

function timesOf(open: OpenGop): number[] {
  const track = open.opening.tracks.find((one) => one.kind === 'video');
  const times = chunksOf(open, track?.id ?? 0).map((chunk) => chunk.timestamp);
  return times.sort((a, b) => a - b);
}

/** When the last picture of a group was taken. */
function lastOf(open: OpenGop): number {
  return timesOf(open).at(-1) ?? open.gop.startUs;
}

/** Time of the picture next to the one on screen, within a group. */
function neighbour(open: OpenGop, nowUs: number, direction: 1 | -1): number | null {
  const times = timesOf(open);
  const here = times.findLastIndex((time) => time <= nowUs + 1);
  return times[here + direction] ?? null;
}

export interface StepParts {
  readonly gops: Gops;
  readonly recorded: Recorded;
  /** A group opened before, which may be the one needed. */
  readonly known: OpenGop | null;
}

/**
 * The picture after or before the one of a time, across groups and gaps; null where recording begins or ends.
 * @throws ApiError, ReleaseError, Refusal, FormatError; AbortError
 */
export async function stepFrom(
  { gops, recorded, known }: StepParts,
  fromUs: number,
  direction: 1 | -1,
  signal: AbortSignal,
): Promise<{ open: OpenGop; timeUs: number } | null> {
  let open = known;
  if (open === null || fromUs < open.gop.startUs || fromUs >= open.gop.endUs) {
    const gop = await gops.at(fromUs);
    open = gop === null ? null : await recorded.whole(gop, signal);
  }
  const timeUs = open === null ? null : neighbour(open, fromUs, direction);
  if (open !== null && timeUs !== null) return { open, timeUs };
  const next =
    direction > 0 ? await gops.after(fromUs) : await gops.before(open?.gop.startUs ?? fromUs);
  if (next === null) return null;
  const opened = await recorded.whole(next, signal);
  return { open: opened, timeUs: direction > 0 ? next.startUs : lastOf(opened) };
}
