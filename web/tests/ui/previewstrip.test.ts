// Goal: each small picture is shown whole and by itself; a far visitor is brought closer. Method: the arithmetic, from hand-made strips.
import { expect, test } from 'vitest';
import { closeTo, placeOf } from '../../src/app/previewstrip';

const STRIP = { width: 640, height: 270, columns: 4, rows: 3 };

test('pictures of the place’s own shape fill it exactly', () => {
  expect(placeOf(STRIP, 0, 16 / 9)).toEqual({ width: 400, height: 300, left: -0, top: -0 });
  expect(placeOf(STRIP, 6, 16 / 9)).toEqual({ width: 400, height: 300, left: -200, top: -100 });
  expect(placeOf(STRIP, 11, 16 / 9)).toMatchObject({ left: -300, top: -200 });
});

test('pictures of another shape are cut at both sides alike', () => {
  const tall = placeOf({ width: 160, height: 160, columns: 2, rows: 2 }, 3, 16 / 9);
  expect(tall.width).toBeCloseTo(200);
  expect(tall.height).toBeCloseTo((2 * 100 * 16) / 9);
  expect(tall.left).toBeCloseTo(-100);
  const own = tall.height / 2;
  expect(tall.top).toBeCloseTo(-own - (own - 100) / 2);
  const wide = placeOf({ width: 640, height: 100, columns: 2, rows: 1 }, 1, 16 / 9);
  expect(wide.height).toBeCloseTo(100);
  expect(wide.left).toBeCloseTo(-wide.width / 2 - (wide.width / 2 - 100) / 2);
});

test('a near visitor is not enlarged, a far one at most so much', () => {
  expect(closeTo([0.2, 0.1, 0.6, 0.9]).scale).toBe(1);
  expect(closeTo([0.5, 0.5, 0.52, 0.56]).scale).toBe(1.9);
  expect(closeTo(null)).toEqual({ scale: 1, x: 50, y: 50 });
});

test('what is enlarged stays inside the picture', () => {
  const close = closeTo([0.9, 0.8, 1.04, 1.02]);
  expect(close.x).toBeLessThanOrEqual(100);
  expect(close.y).toBeLessThanOrEqual(100);
});
