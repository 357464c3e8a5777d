// Goal: pointing at a picture does what a person means. Method: places in pixels over polygons in shares.
import { expect, test } from 'vitest';
import type { Polygon } from '../../src/api/watching';
import * as geometry from '../../src/app/watching/geometry';

const SIZE = { width: 400, height: 200 };
const DOOR: Polygon = [[0.25, 0.25], [0.75, 0.25], [0.75, 0.75], [0.25, 0.75]]; // prettier-ignore
const BOW_TIE: Polygon = [[0, 0], [1, 1], [1, 0], [0, 1]]; // prettier-ignore
const SHAPES = [{ key: 'door', points: DOOR }, { key: 'all', points: [[0, 0], [1, 0], [1, 1], [0, 1]] as Polygon }];

test('corners near the border lie on it, and never outside', () => {
  expect(geometry.pointAt(3, 100, SIZE)).toEqual([0, 0.5]);
  expect(geometry.pointAt(396, 250, SIZE)).toEqual([1, 1]);
  expect(geometry.pointAt(100, 50, SIZE)).toEqual([0.25, 0.25]);
  expect(geometry.share(1.2)).toBe(1);
});

test('a polygon is moved as far as the picture goes and keeps its form', () => {
  expect(geometry.moved(DOOR, 1, -0.1)).toEqual([[0.5, 0.15], [1, 0.15], [1, 0.65], [0.5, 0.65]]); // prettier-ignore
});

test('corners come and go', () => {
  const more = geometry.withInserted(DOOR, 3, geometry.middleOfEdge(DOOR, 3));
  expect(more).toHaveLength(5);
  expect(more[4]).toEqual([0.25, 0.5]);
  expect(geometry.withoutCorner(more, 4)).toEqual(DOOR);
  expect(geometry.withCorner(DOOR, 1, [1, 0])[1]).toEqual([1, 0]);
});

test('inside is by the even-odd rule', () => {
  expect(geometry.holds(DOOR, [0.5, 0.5])).toBe(true);
  expect(geometry.holds(DOOR, [0.1, 0.5])).toBe(false);
  expect(geometry.holds(BOW_TIE, [0.5, 0.1])).toBe(false);
  expect(geometry.holds(BOW_TIE, [0.9, 0.5])).toBe(true);
});

test.each<[Polygon, boolean]>([
  [[[0, 0], [0.5, 0.5], [1, 1]], true],
  [[[0.5, 0.5], [0.5, 0.5], [0.5, 0.5]], true],
  [DOOR, false],
  [BOW_TIE, false],
])('flat %#', (polygon, isFlat) => expect(geometry.isFlat(polygon)).toBe(isFlat)); // prettier-ignore

test('corners of the chosen shape are hit before its edges, edges before what is inside', () => {
  expect(geometry.hitAt(SHAPES, 'door', 104, 47, SIZE, 10)).toEqual({ what: 'corner', shape: 'door', index: 0 });
  expect(geometry.hitAt(SHAPES, 'door', 200, 55, SIZE, 10)).toEqual({ what: 'edge', shape: 'door', index: 0 });
  expect(geometry.hitAt(SHAPES, 'door', 200, 100, SIZE, 10)).toEqual({ what: 'inside', shape: 'door' });
});

test('of several shapes the last drawn is hit, where none of them is chosen', () => {
  expect(geometry.hitAt(SHAPES, null, 104, 47, SIZE, 10)).toEqual({ what: 'inside', shape: 'all' });
  expect(geometry.hitAt([SHAPES[0] as (typeof SHAPES)[0]], null, 5, 5, SIZE, 10)).toBeNull();
});

test('the first corner closes a polygon of three', () => {
  expect(geometry.closesAt(DOOR.slice(0, 2), 100, 50, SIZE, 10)).toBe(false);
  expect(geometry.closesAt(DOOR.slice(0, 3), 106, 50, SIZE, 10)).toBe(true);
  expect(geometry.closesAt(DOOR.slice(0, 3), 130, 50, SIZE, 10)).toBe(false);
});

test('a name is written inside', () => {
  const hook: Polygon = [[0, 0], [1, 0], [1, 1], [0.9, 1], [0.9, 0.1], [0, 0.1]]; // prettier-ignore
  expect(geometry.labelPoint(DOOR)).toEqual([0.5, 0.5]);
  expect(hook).toContainEqual(geometry.labelPoint(hook));
});

test('the smallest person covers what was asked for', () => {
  const person = geometry.personOf(0.02, SIZE);
  expect((person.width * person.height) / (SIZE.width * SIZE.height)).toBeCloseTo(0.02);
  expect(person.height).toBeGreaterThan(person.width);
  expect(geometry.personOf(0, SIZE)).toEqual({ width: 0, height: 0 });
  expect(geometry.personOf(1, SIZE)).toEqual(SIZE);
});
