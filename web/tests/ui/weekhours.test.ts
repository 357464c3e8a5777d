// Goal: hours of the week survive being shown and typed. Method: each rule of the editor, with the edges of a day.
import { expect, test } from 'vitest';
import { clockText, isPastMidnight, minuteOf, toggledDays, WEEK } from '../../src/app/weekhours';

test.each([
  [0, '00:00'],
  [7 * 60 + 5, '07:05'],
  [1439, '23:59'],
  [1440, '00:00'],
])('minute %d is %s on a clock', (minute, text) => {
  expect(clockText(minute)).toBe(text);
});

test('midnight begins a day, or ends it', () => {
  expect(minuteOf('00:00', 'start_minute')).toBe(0);
  expect(minuteOf('00:00', 'end_minute')).toBe(1440);
  expect(minuteOf('22:30', 'end_minute')).toBe(22 * 60 + 30);
});

test.each(['', ':', '12', '12:', ':30', 'ab:cd'])('%j is still being typed', (text) => {
  expect(minuteOf(text, 'start_minute')).toBeNull();
});

test('every minute of a day comes back as it was', () => {
  for (let minute = 0; minute < 1440; minute++) expect(minuteOf(clockText(minute), 'start_minute')).toBe(minute);
  for (let minute = 1; minute <= 1440; minute++) expect(minuteOf(clockText(minute), 'end_minute')).toBe(minute);
});

test('days are pressed on and off in their order, and the last one stays only where it has to', () => {
  expect(toggledDays([4, 0], 2, false)).toEqual([0, 2, 4]);
  expect(toggledDays(WEEK, 6, true)).toEqual([0, 1, 2, 3, 4, 5]);
  expect(toggledDays([3], 3, false)).toEqual([]);
  expect(toggledDays([3], 3, true)).toEqual([3]);
});

test('a part that ends before it begins, or at that minute, goes on into the next day', () => {
  const part = (start_minute: number, end_minute: number) => ({ weekdays: [0], start_minute, end_minute });
  expect(isPastMidnight(part(22 * 60, 6 * 60))).toBe(true);
  expect(isPastMidnight(part(60, 60))).toBe(true);
  expect(isPastMidnight(part(22 * 60, 1440))).toBe(false);
});
