// Goal: a tile takes what may be fetched, and no unmasked still of a masked camera. Method: cameras by hand.

import { expect, test, vi } from 'vitest';
import type { Camera } from '../../src/api/types';
import { Breaks, LiveSources, whileTrue } from '../../src/media/livesources';

function camera(streams: string[], isMasked = false): Camera {
  const made = streams.map((stream) => ({ stream, opaque: `of ${stream}` }));
  return { id: 'c', streams: made, masked: isMasked } as unknown as Camera;
}

test('stills come from the small stream, or the only one, or are the masked ones', () => {
  expect(new LiveSources(camera(['main', 'sub', 'still'])).stills?.stream).toBe('sub');
  expect(new LiveSources(camera(['main', 'still'])).stills?.stream).toBe('main');
  expect(new LiveSources(camera(['main', 'sub', 'still'], true)).stills?.stream).toBe('still');
  expect(new LiveSources(camera(['main', 'sub'], true)).stills).toBeNull();
});

test('only stills', () => {
  expect(new LiveSources(camera(['still'])).isStillOnly).toBe(true);
  expect(new LiveSources(camera(['still', 'sub'])).isStillOnly).toBe(false);
  expect(new LiveSources(camera(['main'])).of('main')).toEqual({ camera: 'c', stream: 'main', opaque: 'of main' });
});

test('breaks are too many within a time, and are counted anew then', () => {
  const breaks = new Breaks();
  expect([0, 1, 2, 3].map((ms) => breaks.isTooMany(ms))).toEqual([false, false, false, true]);
  expect([10, 20_000, 40_000, 60_000, 80_000].some((ms) => breaks.isTooMany(ms))).toBe(false);
});

test('values pass while something holds', () => {
  let holds = true;
  const tell = vi.fn();
  const pass = whileTrue(() => holds, tell);
  pass(1);
  holds = false;
  pass(2);
  expect(tell.mock.calls).toEqual([[1]]);
});
