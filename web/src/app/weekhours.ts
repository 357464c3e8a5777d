/** A part of the week as it is edited: days by number (0 is Monday), minutes of the day, and what a clock field says. */
import type { Hours } from '../api/members';

export const WEEK: readonly number[] = [0, 1, 2, 3, 4, 5, 6];
const DAY_MINUTES = 1440;

export type Edge = 'start_minute' | 'end_minute';

/** As `<input type="time">` wants it; midnight at the end of a day is 00:00. */
export function clockText(minute: number): string {
  const parts = [Math.floor((minute % DAY_MINUTES) / 60), minute % 60];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}

/** What such a field says, for one edge of a part; null while it is being typed. */
export function minuteOf(text: string, edge: Edge): number | null {
  const [hours, minutes] = text.split(':').map((part) => (part === '' ? Number.NaN : Number(part)));
  if (hours === undefined || minutes === undefined || Number.isNaN(hours + minutes)) return null;
  const minute = hours * 60 + minutes;
  return edge === 'end_minute' && minute === 0 ? DAY_MINUTES : minute;
}

/** Another choice of days, in their order. `keepsDay`: the last one stays. */
export function toggledDays(weekdays: readonly number[], day: number, keepsDay: boolean): number[] {
  const left = WEEK.filter((one) => weekdays.includes(one) !== (one === day));
  return keepsDay && left.length === 0 ? [...weekdays] : left;
}

/** Ends on the day after it began. */
export function isPastMidnight(part: Hours): boolean {
  return part.end_minute <= part.start_minute;
}
