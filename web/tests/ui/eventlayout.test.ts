// Goal: every event has its place, none lies on another, hours are told apart. Method: days of any shape, laid out and measured.
import { describe, expect, test } from 'vitest';
import { dayAt, hourOf, layOut, neighbour, within, type Measures } from '../../src/app/eventlayout';

const MEASURES: Measures = { widthPx: 1164, gapPx: 10, cellWidthMin: 168, captionPx: 40, hourPx: 27, dayPx: 40 };
const PHONE: Measures = { ...MEASURES, widthPx: 370, gapPx: 8 };
const at = (day: number, hour: number, minute = 0): number => new Date(2026, 10, day, hour, minute).getTime() * 1000;

/** Events at these moments, newest first. */
function events(...moments: number[]): { id: string; start_us: number }[] {
  return moments.sort((a, b) => b - a).map((start_us, nth) => ({ id: `e${nth}`, start_us }));
}

function busy(count: number, perHour: number): { id: string; start_us: number }[] {
  const newest = at(21, 17, 59);
  return Array.from({ length: count }, (_, nth) => ({ id: `e${nth}`, start_us: newest - nth * (3_600_000_000 / perHour) }));
}

function overlaps(layout: ReturnType<typeof layOut>): number {
  let found = 0;
  layout.cells.forEach((one, nth) => {
    for (const other of layout.cells.slice(nth + 1, nth + 40)) {
      const isApart = one.x + layout.cellWidth <= other.x || other.x + layout.cellWidth <= one.x || one.y + layout.cellHeight <= other.y || other.y + layout.cellHeight <= one.y;
      if (!isApart) found += 1;
    }
  });
  return found;
}

describe.each([['a desktop', MEASURES], ['a phone', PHONE]] as const)('on %s', (_name, measures) => {
  test.each([[1, 1], [7, 3], [40, 2], [300, 20], [2000, 90]] as const)('%d events, %d an hour', (count, perHour) => {
    const layout = layOut(busy(count, perHour), measures);
    expect(layout.cells.map((cell) => cell.index)).toEqual(Array.from({ length: count }, (_, nth) => nth));
    expect(overlaps(layout)).toBe(0);
    for (const cell of layout.cells) {
      expect(cell.x + layout.cellWidth).toBeLessThanOrEqual(measures.widthPx + 0.01);
      expect(cell.y + layout.cellHeight).toBeLessThanOrEqual(layout.height);
    }
    expect(layout.hours.reduce((sum, hour) => sum + hour.count, 0)).toBe(count);
    expect(layout.days.reduce((sum, day) => sum + day.count, 0)).toBe(count);
  });
});

test('a phone has two columns, a desktop six', () => {
  expect(layOut(busy(9, 3), PHONE).columns).toBe(2);
  expect(layOut(busy(9, 3), MEASURES).columns).toBe(6);
});

test('short hours stand side by side, each under its own head', () => {
  const layout = layOut(events(at(21, 16, 40), at(21, 16, 10), at(21, 15, 5), at(21, 11, 30)), MEASURES);
  expect(layout.hours.map((hour) => [new Date(hour.us / 1000).getHours(), hour.count, hour.first])).toEqual([[16, 2, 0], [15, 1, 2], [11, 1, 3]]);
  expect(new Set(layout.hours.map((hour) => hour.y)).size).toBe(1);
  expect(layout.hours.map((hour) => hour.x)).toEqual([0, 2, 3].map((column) => layout.cells[column]?.x));
});

test('an hour that does not fit begins a new row', () => {
  const four = [50, 40, 30, 20].map((minute) => at(21, 16, minute));
  const three = [50, 40, 30].map((minute) => at(21, 15, minute));
  const layout = layOut(events(...four, ...three), MEASURES);
  expect(layout.hours[1]?.x).toBe(0);
  expect(layout.hours[1]?.y).toBeGreaterThan(layout.hours[0]?.y ?? 0);
});

test('a new day has its own head, even in the same hour of the clock', () => {
  const layout = layOut(events(at(21, 0, 20), at(20, 0, 20), at(20, 23, 50)), MEASURES);
  expect(layout.days.map((day) => [new Date(day.us / 1000).getDate(), day.count, day.first])).toEqual([[21, 1, 0], [20, 2, 1]]);
  expect(layout.hours).toHaveLength(3);
});

test('nothing lies nowhere', () => {
  expect(layOut([], MEASURES)).toMatchObject({ height: 0, cells: [], hours: [], days: [] });
  expect(neighbour(layOut([], MEASURES), 0, 1, 0)).toBe(-1);
  expect(dayAt(layOut([], MEASURES), 0)).toBeUndefined();
});

test('only what reaches into the stretch is found', () => {
  const layout = layOut(busy(2000, 90), MEASURES);
  const [from, to] = [5_000, 5_900];
  const found = within(layout.cells, from, to, layout.cellHeight);
  const reaching = layout.cells.filter((cell) => cell.y + layout.cellHeight >= from && cell.y < to);
  expect(found).toEqual(reaching);
  expect(found.length).toBeLessThan(50);
});

test('arrows go on and back, up and down, and stay inside', () => {
  const layout = layOut(busy(30, 30), MEASURES);
  expect(neighbour(layout, 0, -1, 0)).toBe(0);
  expect(neighbour(layout, 0, 1, 0)).toBe(1);
  expect(neighbour(layout, 29, 1, 0)).toBe(29);
  const below = neighbour(layout, 2, 0, 1);
  expect(layout.cells[below]?.x).toBe(layout.cells[2]?.x);
  expect(neighbour(layout, below, 0, -1)).toBe(2);
  expect(neighbour(layout, 0, 0, -1)).toBe(0);
});

test('the day at a height is the one whose head was passed last', () => {
  const layout = layOut(events(at(21, 10), at(20, 10), at(19, 10)), MEASURES);
  const [, second] = layout.days;
  expect(dayAt(layout, 0)?.us).toBe(at(21, 0));
  expect(dayAt(layout, second?.y ?? 0)?.us).toBe(at(20, 0));
  expect(dayAt(layout, 1e9)?.us).toBe(at(19, 0));
});

test('an hour begins on the clock', () => {
  expect(hourOf(at(21, 16, 59))).toBe(at(21, 16));
  expect(hourOf(at(21, 16))).toBe(at(21, 16));
});
