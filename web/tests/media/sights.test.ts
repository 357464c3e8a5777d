// Goal: boxes are read whole or not at all, and are gone when they are of the past. Method: the hub's own
// JSON, with one thing wrong each time; timers by hand.

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readSight, type Sight, Sights } from '../../src/media/sights';

const RIGHT = ['person', 0.9, 0.1, 0.2, 0.3, 0.4] as const;

function bytes(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('what the hub says is read', () => {
  const sight = readSight(bytes({ wall_us: 5, boxes: [RIGHT] }));
  expect(sight).toEqual({
    wallUs: 5,
    seen: [{ kind: 'person', confidence: 0.9, left: 0.1, top: 0.2, right: 0.3, bottom: 0.4 }],
  });
  expect(readSight(bytes({ wall_us: 5, boxes: [] }))?.seen).toEqual([]);
});

test.each([
  ['no JSON', '{"wall_us":'],
  ['no object', 'null'],
  ['no time', { boxes: [] }],
  ['no boxes', { wall_us: 5 }],
  ['too many', { wall_us: 5, boxes: Array.from({ length: 101 }, () => RIGHT) }],
  ['no kind', { wall_us: 5, boxes: [['', ...RIGHT.slice(1)]] }],
  ['a long kind', { wall_us: 5, boxes: [['k'.repeat(41), ...RIGHT.slice(1)]] }],
  ['an edge outside', { wall_us: 5, boxes: [['person', 0.9, 0.1, 0.2, 1.3, 0.4]] }],
  ['inside out', { wall_us: 5, boxes: [['person', 0.9, 0.5, 0.2, 0.3, 0.4]] }],
  ['an edge missing', { wall_us: 5, boxes: [RIGHT.slice(0, 5)] }],
  ['one of two wrong', { wall_us: 5, boxes: [RIGHT, 'x'] }],
])('%s is nothing', (_name, value) => {
  expect(readSight(bytes(value))).toBeNull();
});

test('boxes are shown until the next ones, and no longer than they are true', () => {
  const sights = new Sights();
  const told: (Sight | null)[] = [];
  sights.take(bytes({ wall_us: 1, boxes: [RIGHT] }), 1); // nobody asks
  sights.listener = (sight) => told.push(sight);
  sights.take(bytes({ wall_us: 2, boxes: [RIGHT] }), null);
  vi.advanceTimersByTime(2000);
  sights.take(bytes({ wall_us: 3, boxes: [RIGHT] }), 3);
  vi.advanceTimersByTime(2000);
  expect(told.map((sight) => sight?.wallUs)).toEqual([2, 3]);
  vi.advanceTimersByTime(2000);
  expect(told.at(-1)).toBeNull();
  sights.take(bytes('nonsense'), 3);
  expect(told.length).toBe(3);
});

test('boxes of a picture long gone are late, and then none', () => {
  const sights = new Sights();
  const told: (boolean | undefined)[] = [];
  sights.listener = (sight) => told.push(sight?.isLate);
  for (const lateUs of [-100_000, 200_000, 900_000, 4_000_000]) sights.take(bytes({ wall_us: 5e6, boxes: [RIGHT] }), 5e6 + lateUs);
  expect(told).toEqual([false, false, true]);
});
