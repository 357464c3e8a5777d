/** One frame of a preview: which part of the strip is shown. Pure. */

export interface StripSize {
  /** Of the whole strip, in pixels. */
  width: number;
  height: number;
  columns: number;
  rows: number;
}

/** Shares of the frame's place, in percent, for the strip behind it. */
export interface StripPlace {
  width: number;
  height: number;
  left: number;
  top: number;
}

/**
 * The strip so large and so moved that small picture `nth` covers a place of `ratio` (width to height), its
 * middle in the middle.
 */
export function placeOf(size: StripSize, nth: number, ratio: number): StripPlace {
  const own = size.width / size.columns / (size.height / size.rows);
  const wide = own >= ratio ? own / ratio : 1;
  const high = own >= ratio ? 1 : ratio / own;
  const column = nth % size.columns;
  const row = Math.floor(nth / size.columns);
  return {
    width: size.columns * wide * 100,
    height: size.rows * high * 100,
    left: -(column * wide + (wide - 1) / 2) * 100,
    top: -(row * high + (high - 1) / 2) * 100,
  };
}

/** How much a thumbnail is enlarged towards what it shows, so that a far visitor can be told. */
const ZOOM_MAX = 1.9;
/** So much of the thumbnail's height a visitor fills at best. */
const FILLED_SHARE = 0.55;

export interface Closeness {
  scale: number;
  /** Where it is enlarged from, in percent. */
  x: number;
  y: number;
}

/** A thumbnail's way of showing a box large; what is outside of it stays in view as far as it goes. */
export function closeTo(box: readonly [number, number, number, number] | null): Closeness {
  if (box === null) return { scale: 1, x: 50, y: 50 };
  const [left, top, right, bottom] = box;
  const share = Math.max(right - left, bottom - top, 0.05);
  const scale = Math.min(Math.max(FILLED_SHARE / share, 1), ZOOM_MAX);
  const inside = (value: number): number => Math.min(Math.max(value, 0), 1) * 100;
  return { scale, x: inside((left + right) / 2), y: inside((top + bottom) / 2) };
}
