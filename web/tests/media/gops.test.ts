// Goal: the right group for every time. Method: an index with a gap, a joint and a growing end.

import { beforeEach, expect, test, vi } from 'vitest';
import type { FragmentEntry, Segment } from '../../src/api/types';
import { Gops, gopsOf, positionAt } from '../../src/media/gops';
import { Lru } from '../../src/media/lru';

const S = 1_000_000;

function segment(writer: string, startUs: number, gops: number): Segment {
  const fragments: FragmentEntry[] = [[0, 3, startUs, 600]];
  for (let n = 0; n < gops; n++) {
    fragments.push([2 * n + 1, 1, startUs + 2 * n * S, 1000]);
    fragments.push([2 * n + 2, 2, startUs + 2 * n * S + 50_000, 4000]);
  }
  const endUs = startUs + 2 * gops * S;
  return { writer, epoch: 1, start_us: startUs, end_us: endUs, codec: '', width: 0, height: 0, bytes: 0, fragments };
}

let nowUs = 10_000 * S;
const recordings = vi.fn((_camera: string, _stream: string, fromUs: number, toUs: number) =>
  Promise.resolve(all.filter((one) => one.start_us < toUs && one.end_us > fromUs)),
);
const timeline = vi.fn((_cameras: readonly string[], fromUs: number) =>
  Promise.resolve([
    {
      camera: '',
      stream: 'main' as const,
      gaps: [],
      spans: all.filter((one) => one.end_us > fromUs).map((one): [number, number] => [one.start_us, one.end_us]),
    },
  ]),
);
const all = [segment('a', 100 * S, 5), segment('b', 111 * S, 5), segment('c', 500 * S, 5), segment('d', 5000 * S, 1)];
const make = (): Gops => new Gops({ api: { recordings, timeline }, nowUs: () => nowUs }, 'x', 'main');

beforeEach(() => {
  nowUs = 10_000 * S;
  recordings.mockClear();
  timeline.mockClear();
});

test('a segment splits at its keyframes; what comes before the first is left out', () => {
  const cut = segment('a', 0, 3);
  cut.fragments.splice(1, 1);
  cut.fragments.push([7, 2, 5.5 * S, 100]);
  expect(gopsOf(cut).map(({ first, last, startUs, endUs, bytes }) => [first, last, startUs, endUs, bytes])).toEqual([
    [3, 4, 2 * S, 4 * S, 5000],
    [5, 7, 4 * S, 6 * S, 5100],
  ]);
});

test('positions', () => {
  const gops = gopsOf(segment('a', 10, 3));
  expect([9, 10, 11, 2 * S + 10, 9 * S].map((time) => positionAt(gops, time))).toEqual([-1, 0, 0, 1, 2]);
});

test('a time finds its group; a short joint is no gap, a long one is', async () => {
  const gops = make();
  expect((await gops.at(103 * S))?.first).toBe(3);
  expect((await gops.at(110.5 * S))?.segment.writer).toBe('a');
  expect((await gops.at(111 * S))?.segment.writer).toBe('b');
  expect(await gops.at(200 * S)).toBe(null);
  expect(await gops.at(50 * S)).toBe(null);
  expect(recordings).toHaveBeenCalledTimes(1);
});

test('what follows: in the segment, in the next one, after a gap, after a long gap, nothing', async () => {
  const gops = make();
  const after = async (timeUs: number) => {
    const gop = await gops.after(timeUs);
    return gop === null ? null : [gop.segment.writer, gop.startUs / S];
  };
  expect(await after(100 * S)).toEqual(['a', 102]);
  expect(await after(108 * S)).toEqual(['b', 111]);
  expect(await after(150 * S)).toEqual(['c', 500]);
  expect(await after(508 * S)).toEqual(['d', 5000]);
  expect(await after(5000 * S)).toBe(null);
});

test('the segments to come are known for their keys', async () => {
  const gops = make();
  const first = (await gops.at(100 * S))!;
  expect((await gops.segmentsAfter(first, 3)).map((one) => one.writer)).toEqual(['b', 'c']);
});

test('the present is asked for again, the past is not', async () => {
  vi.useFakeTimers();
  const gops = make();
  await gops.at(100 * S);
  await gops.at(nowUs - S);
  await vi.advanceTimersByTimeAsync(5000);
  await gops.at(100 * S);
  await gops.at(nowUs - S);
  vi.useRealTimers();
  const asked = recordings.mock.calls.map((call) => call[2] / S);
  expect(asked).toEqual([0, 9600, 9600]);
});

test('a failed question is asked again', async () => {
  const gops = make();
  recordings.mockRejectedValueOnce(new Error('away'));
  await expect(gops.at(100 * S)).rejects.toThrow('away');
  expect(await gops.at(100 * S)).not.toBe(null);
});

test('the bounded map drops what was not used for longest', () => {
  const dropped: number[] = [];
  const lru = new Lru<string, number>(2, (value) => dropped.push(value));
  lru.set('a', 1);
  lru.set('b', 2);
  expect(lru.get('a')).toBe(1);
  lru.set('c', 3);
  expect(dropped).toEqual([2]);
  expect([lru.get('a'), lru.get('b'), lru.get('c'), lru.size]).toEqual([1, undefined, 3, 2]);
  lru.clear();
  expect(dropped).toEqual([2, 1, 3]);
});
