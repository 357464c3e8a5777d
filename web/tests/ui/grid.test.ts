// Goal: 1 to 32 pictures use the wall well on every screen. Method: the arrangement's own arithmetic, checked for overlap and waste.
import { describe, expect, test } from 'vitest';
import { arrange } from '../../src/app/grid';

const SCREENS = [
  ['phone', 370, 700],
  ['tablet', 740, 900],
  ['laptop', 1324, 784],
  ['desktop', 1804, 950],
  ['4K', 3724, 2030],
] as const;
const GAP = 8;

function rows(count: number, columns: number, hero: number): number {
  return Math.max(hero, Math.ceil((count + hero * hero - 1) / columns));
}

describe.each(SCREENS)('on a %s', (_name, width, height) => {
  test.each(Array.from({ length: 32 }, (_, index) => index + 1))('%d pictures fit and are not tiny', (count) => {
    const { columns, hero, cellWidth, cellHeight, scrolls } = arrange(count, width, height, GAP);
    expect(columns * cellWidth + (columns - 1) * GAP).toBeLessThanOrEqual(width + 0.01);
    expect(cellWidth).toBeGreaterThanOrEqual(170);
    if (scrolls) return;
    const down = rows(count, columns, hero);
    expect(down * cellHeight + (down - 1) * GAP).toBeLessThanOrEqual(height + 0.01);
  });
});

test('6 pictures: one large, five around it', () => {
  expect(arrange(6, 1324, 784, GAP)).toMatchObject({ columns: 3, hero: 2, scrolls: false });
});

test('2 pictures stand side by side on a laptop', () => {
  expect(arrange(2, 1324, 784, GAP)).toMatchObject({ columns: 2, hero: 1 });
});

test('a phone shows few pictures large and many in two columns', () => {
  expect(arrange(3, 370, 700, GAP)).toMatchObject({ columns: 1, scrolls: true });
  expect(arrange(9, 370, 700, GAP)).toMatchObject({ columns: 2, hero: 2, scrolls: true });
});

test('no pictures break nothing', () => {
  expect(arrange(0, 1324, 784, GAP).columns).toBe(1);
});
