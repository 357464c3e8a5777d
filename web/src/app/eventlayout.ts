/**
 * Where each picture of the events page lies: hours flow side by side where they are short, so that a quiet
 * day is no long page. Pure; only what is near the screen is ever drawn.
 */

export interface Measures {
  widthPx: number;
  gapPx: number;
  /** Cells are at least so wide where two of them fit. */
  cellWidthMin: number;
  captionPx: number;
  hourPx: number;
  dayPx: number;
}

/** Anything with a time, newest first. */
export interface Timed {
  readonly id: string;
  readonly start_us: number;
}

export interface Cell {
  readonly index: number;
  readonly x: number;
  readonly y: number;
}

export interface HourHead {
  /** First microsecond of the hour. */
  readonly us: number;
  /** Index of its newest event. */
  readonly first: number;
  readonly count: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

export interface DayHead {
  readonly us: number;
  readonly first: number;
  readonly count: number;
  readonly y: number;
}

export interface EventLayout {
  readonly columns: number;
  readonly cellWidth: number;
  readonly pictureHeight: number;
  readonly cellHeight: number;
  readonly height: number;
  readonly cells: readonly Cell[];
  readonly hours: readonly HourHead[];
  readonly days: readonly DayHead[];
}

interface Group {
  readonly us: number;
  readonly day: number;
  readonly first: number;
  count: number;
}

const PICTURE_RATIO = 9 / 16;
const COLUMNS_MAX = 12;

/** First microsecond of the hour, by the browser's clock; zones of half hours have theirs. */
export function hourOf(us: number): number {
  const date = new Date(us / 1000);
  date.setMinutes(0, 0, 0);
  return date.getTime() * 1000;
}

function midnightOf(us: number): number {
  const date = new Date(us / 1000);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime() * 1000;
}

function groupsOf(events: readonly Timed[]): Group[] {
  const groups: Group[] = [];
  let until = Number.POSITIVE_INFINITY;
  events.forEach((event, index) => {
    const last = groups.at(-1);
    if (last !== undefined && event.start_us >= last.us && event.start_us < until) {
      last.count += 1;
      return;
    }
    const us = hourOf(event.start_us);
    until = us + 3_600_000_000;
    groups.push({ us, day: midnightOf(event.start_us), first: index, count: 1 });
  });
  return groups;
}

/** @param events newest first. */
export function layOut(events: readonly Timed[], measures: Measures): EventLayout {
  const { widthPx, gapPx, captionPx, hourPx, dayPx } = measures;
  const fitting = Math.floor((widthPx + gapPx) / (measures.cellWidthMin + gapPx));
  const columns = Math.min(Math.max(fitting, 2), COLUMNS_MAX);
  const cellWidth = Math.max(1, (widthPx - (columns - 1) * gapPx) / columns);
  const pictureHeight = Math.round(cellWidth * PICTURE_RATIO);
  const cellHeight = pictureHeight + captionPx;
  const cells: Cell[] = [];
  const hours: HourHead[] = [];
  const days: { us: number; first: number; count: number; y: number }[] = [];
  const xOf = (column: number): number => column * (cellWidth + gapPx);
  let y = 0;
  let column = 0;
  /** Whether the row at y is open, and has room for heads above its cells. */
  let isOpen = false;
  const closeRow = (): void => {
    if (isOpen) y += hourPx + cellHeight + gapPx;
    isOpen = false;
    column = 0;
  };
  for (const group of groupsOf(events)) {
    const day = days.at(-1);
    if (day === undefined || day.us !== group.day) {
      closeRow();
      days.push({ us: group.day, first: group.first, count: group.count, y });
      y += dayPx;
    } else day.count += group.count;
    if (isOpen && column + group.count > columns) closeRow();
    isOpen = true;
    const span = Math.min(group.count, columns - column);
    hours.push({ us: group.us, first: group.first, count: group.count, x: xOf(column), y, width: xOf(span) - gapPx });
    for (let nth = 0; nth < group.count; nth++) {
      if (column === columns) {
        // A long hour goes on below, without another head.
        y += cellHeight + gapPx;
        column = 0;
      }
      cells.push({ index: group.first + nth, x: xOf(column), y: y + hourPx });
      column += 1;
    }
    if (group.count > columns || column >= columns) closeRow();
  }
  closeRow();
  return { columns, cellWidth, pictureHeight, cellHeight, height: y, cells, hours, days };
}

/** First index whose y is at least `y`; all are sorted by y. */
function firstAt(list: readonly { readonly y: number }[], y: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle]?.y ?? 0) < y) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Those that reach into a stretch of the page. */
export function within<Item extends { readonly y: number }>(list: readonly Item[], from: number, to: number, height: number): Item[] {
  return list.slice(firstAt(list, from - height), firstAt(list, to));
}

/** The cell that an arrow key leads to; the same where there is none. */
export function neighbour(layout: EventLayout, index: number, dx: number, dy: number): number {
  const here = layout.cells[index];
  if (here === undefined) return layout.cells.length > 0 ? 0 : -1;
  if (dy === 0) return Math.min(Math.max(index + dx, 0), layout.cells.length - 1);
  const rows = layout.cells.filter((cell) => (dy > 0 ? cell.y > here.y : cell.y < here.y));
  const next = dy > 0 ? rows[0] : rows.at(-1);
  if (next === undefined) return index;
  const row = rows.filter((cell) => cell.y === next.y);
  const closest = row.reduce((best, cell) => (Math.abs(cell.x - here.x) < Math.abs(best.x - here.x) ? cell : best), next);
  return closest.index;
}

/** The day at a height of the page: the last head that is not below it. */
export function dayAt(layout: EventLayout, y: number): DayHead | undefined {
  const index = firstAt(layout.days, y + 1) - 1;
  return layout.days[Math.max(0, index)];
}
