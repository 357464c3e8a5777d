/** How a wall of n pictures uses a rectangle. Pure arithmetic. */
export interface Arrangement {
  columns: number;
  /** Cells the first tile spans in both directions. */
  hero: number;
  cellWidth: number;
  cellHeight: number;
  /** Not everything fits on the screen; the wall scrolls. */
  scrolls: boolean;
}

const COLUMNS_MAX = 8;
const FIT_WIDTH_MIN = 176;
const SCROLL_WIDTH_MIN = 300;
const PHONE_WIDTH = 560;
const PHONE_ONE_COLUMN_MAX = 6;
/** A cell this much smaller than the largest possible is still as good. */
const WIDTH_TOLERANCE = 0.88;
/** So much less picture is accepted for more columns. */
const AREA_TOLERANCE = 0.86;

/** On a phone: large pictures one below the other, or two columns with the odd one large on top. */
function onPhone(count: number, width: number, gap: number, aspect: number): Arrangement {
  if (count <= PHONE_ONE_COLUMN_MAX) return scrolling(1, width, gap, aspect);
  return { ...scrolling(2, width, gap, aspect), hero: count % 2 === 1 ? 2 : 1 };
}

function scrolling(columns: number, width: number, gap: number, aspect: number): Arrangement {
  const cellWidth = (width - gap * (columns - 1)) / columns;
  return { columns, hero: 1, cellWidth, cellHeight: cellWidth / aspect, scrolls: true };
}

/** All ways to fill `width` by `height`, narrow grids first; the first camera may take a square of cells. */
function fitting(count: number, width: number, height: number, gap: number, aspect: number): Arrangement[] {
  const found: Arrangement[] = [];
  for (let columns = 1; columns <= Math.min(COLUMNS_MAX, Math.max(count, 1)); columns++) {
    for (let hero = 1; hero <= Math.max(1, columns - 1); hero++) {
      const cells = count + hero * hero - 1;
      const rows = Math.max(hero, Math.ceil(cells / columns));
      if (hero > 1 && columns * rows !== cells) continue;
      const byWidth = (width - gap * (columns - 1)) / columns;
      const byHeight = ((height - gap * (rows - 1)) / rows) * aspect;
      const cellWidth = Math.floor(Math.min(byWidth, byHeight));
      found.push({ columns, hero, cellWidth, cellHeight: cellWidth / aspect, scrolls: false });
    }
  }
  return found;
}

/**
 * The arrangement that shows most picture among those whose smallest picture is nearly as large as
 * possible (6 cameras: one large and five around it); of equals the one with more columns.
 */
export function arrange(count: number, width: number, height: number, gap = 8, aspect = 16 / 9): Arrangement {
  if (width < PHONE_WIDTH) return onPhone(count, width, gap, aspect);
  const found = fitting(count, width, height, gap, aspect);
  const widest = Math.max(...found.map((one) => one.cellWidth));
  if (widest < FIT_WIDTH_MIN) {
    const columns = Math.max(1, Math.floor((width + gap) / (SCROLL_WIDTH_MIN + gap)));
    return scrolling(columns, width, gap, aspect);
  }
  const area = (one: Arrangement): number => (count + one.hero * one.hero - 1) * one.cellWidth ** 2;
  const large = found.filter((one) => one.cellWidth >= Math.max(widest * WIDTH_TOLERANCE, FIT_WIDTH_MIN));
  return large.reduce((best, one) => (area(one) > area(best) * AREA_TOLERANCE ? one : best));
}
