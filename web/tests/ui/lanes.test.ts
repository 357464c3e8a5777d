// Goal: a lane answers what was recorded when, and costs no more than its pixels. Method: pure functions against a plain search.
import { expect, test } from 'vitest';
import { findAt, firstEndingAfter, nearestRecorded, pixelRuns, type Lane } from '../../src/components/timeline/lanes';

const lane: Lane = {
  camera: 'c',
  name: 'Door',
  spans: [[100, 200], [300, 400], [500, 900]],
  gaps: [{ start_us: 200, end_us: 300, reason: 'unreachable' }, { start_us: 400, end_us: 500, reason: 'hub_stopped' }],
}; // prettier-ignore

test('finds spans, gaps with their reasons, and nothing', () => {
  expect(findAt(lane, 150)).toEqual({ kind: 'recorded', startUs: 100, endUs: 200 });
  expect(findAt(lane, 250)).toMatchObject({ kind: 'gap', reason: 'unreachable' });
  expect(findAt(lane, 450)).toMatchObject({ kind: 'gap', reason: 'hub_stopped' });
  expect(findAt(lane, 50).kind).toBe('nothing');
  expect(findAt(lane, 950).kind).toBe('nothing');
});

test('a gap too short to hit is found within the tolerance', () => {
  const short: Lane = { ...lane, spans: [[0, 100], [101, 300]], gaps: [{ start_us: 100, end_us: 101, reason: 'silent' }] }; // prettier-ignore
  expect(findAt(short, 98).kind).toBe('recorded');
  expect(findAt(short, 98, 5).kind).toBe('gap');
});

test('the nearest recorded time is itself, the next start, or the very end', () => {
  expect(nearestRecorded(lane, 350)).toBe(350);
  expect(nearestRecorded(lane, 410)).toBe(500);
  expect(nearestRecorded(lane, 5_000)).toBe(900);
  expect(nearestRecorded({ ...lane, spans: [] }, 5)).toBeNull();
});

test('the search agrees with a plain one', () => {
  const ends = lane.spans.map((span) => span[1]);
  for (let us = 0; us < 1_000; us += 25) {
    const plain = ends.findIndex((end) => end > us);
    expect(firstEndingAfter(lane.spans, us, (span) => span[1])).toBe(plain < 0 ? ends.length : plain);
  }
});

test('10,000 spans become at most one run a pixel, covering the same pixels', () => {
  const spans = Array.from({ length: 10_000 }, (_, index) => [index * 10, index * 10 + 6] as const);
  const toX = (us: number): number => us / 100;
  const runs = pixelRuns((i) => spans[i]?.[0] ?? 0, (i) => spans[i]?.[1] ?? 0, 0, spans.length, toX, 800); // prettier-ignore
  expect(runs.length).toBeLessThanOrEqual(800);
  expect(runs[0]?.[0]).toBe(0);
  expect(runs.at(-1)?.[1]).toBe(800);
});
