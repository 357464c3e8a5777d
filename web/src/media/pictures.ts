// The pictures of one opened group, by time.

import { type OpenGop, sampleUs } from './recorded';
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
export function lastOf(open: OpenGop): number {
  return timesOf(open).at(-1) ?? open.gop.startUs;
}

/** Time of the picture next to the one on screen, within a group. */
export function neighbour(open: OpenGop, nowUs: number, direction: 1 | -1): number | null {
  const times = timesOf(open);
  const here = times.findLastIndex((time) => time <= nowUs + 1);
  return times[here + direction] ?? null;
}
