// Goal: the timeline's arithmetic is right at every zoom and across summer time. Method: pure functions, dates of Berlin.
import { describe, expect, test, vi } from 'vitest';
import { bounded, DAY_US, HOUR_US, MINUTE_US, midnight, panned, showing, SPAN_US_MAX, SPAN_US_MIN, stepFor, ticksOf, usAt, xOf, zoomed, type Scale } from '../../src/components/timeline/scale';

vi.stubEnv('TZ', 'Europe/Berlin');
const NOON = Date.UTC(2026, 5, 15, 10) * 1000;
const scale: Scale = { fromUs: NOON - HOUR_US, toUs: NOON, widthPx: 1000 };

describe('between time and pixels', () => {
  test('there and back', () => {
    for (const x of [0, 1, 333.3, 1000]) expect(xOf(scale, usAt(scale, x))).toBeCloseTo(x, 6);
  });

  test('zooming keeps the time under the pointer in its place', () => {
    const anchor = usAt(scale, 250);
    const closer = zoomed(scale, 0.1, anchor, NOON + DAY_US);
    expect(closer.toUs - closer.fromUs).toBeCloseTo(HOUR_US / 10, 0);
    expect(xOf(closer, anchor)).toBeCloseTo(250, 3);
  });

  test('zooming and panning stay within the limits', () => {
    let near = scale;
    let far = scale;
    for (let i = 0; i < 60; i++) {
      near = zoomed(near, 0.5, NOON, NOON);
      far = zoomed(far, 2, NOON, NOON);
    }
    expect(near.toUs - near.fromUs).toBe(SPAN_US_MIN);
    expect(far.toUs - far.fromUs).toBe(SPAN_US_MAX);
    const ahead = panned(scale, 90 * DAY_US, NOON);
    expect(ahead.toUs).toBeLessThanOrEqual(NOON + HOUR_US * 0.13);
    expect(bounded(ahead, NOON)).toEqual(ahead);
  });

  test('showing moves only as far as needed', () => {
    expect(showing(scale, NOON - HOUR_US / 2, NOON + DAY_US)).toEqual(scale);
    const earlier = showing(scale, NOON - 5 * HOUR_US, NOON + DAY_US);
    expect(earlier.fromUs).toBeLessThan(NOON - 5 * HOUR_US);
    expect(earlier.toUs - earlier.fromUs).toBe(HOUR_US);
  });
});

describe('ticks', () => {
  test.each([
    [60 * 1e6, 5e6],
    [HOUR_US, 5 * MINUTE_US],
    [DAY_US, 2 * HOUR_US],
    [30 * DAY_US, 7 * DAY_US],
  ])('a view of %d us has steps of %d us at 80 px', (spanUs, step) => {
    expect(stepFor({ fromUs: NOON - spanUs, toUs: NOON, widthPx: 1000 }, 80)).toBe(step);
  });

  test.each([
    ['a common day', Date.UTC(2026, 5, 15, 3), 24],
    ['the day that loses an hour', Date.UTC(2026, 2, 29, 3), 23],
    ['the day that gains an hour', Date.UTC(2026, 9, 25, 3), 25],
  ])('%s: whole local hours, %s, midnight marked', (_name, ms, hours) => {
    const fromUs = midnight(ms * 1000);
    const toUs = midnight(ms * 1000, 1);
    expect((toUs - fromUs) / HOUR_US).toBe(hours);
    const ticks = ticksOf({ fromUs, toUs, widthPx: 1200 }, 90);
    expect(ticks[0]).toEqual({ us: fromUs, isDay: true });
    expect(ticks.at(-1)?.us).toBe(toUs);
    for (const tick of ticks) expect(new Date(tick.us / 1000).getMinutes()).toBe(0);
    for (let i = 1; i < ticks.length; i++) expect((ticks[i]?.us ?? 0) > (ticks[i - 1]?.us ?? 0)).toBe(true);
  });

  test('wide views have a tick for midnights only', () => {
    for (const tick of ticksOf({ fromUs: NOON - 20 * DAY_US, toUs: NOON, widthPx: 800 }, 84)) {
      expect(tick.isDay).toBe(true);
      expect(midnight(tick.us)).toBe(tick.us);
    }
  });
});
