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

/** On a phone: large pictures one below the other, or two columns with the odd one large on top. */
function onPhone(count: number, width: number, gap: number, aspect: number): Arrangement {
  if (count <= PHONE_ONE_COLUMN_MAX) return scrolling(1, width, gap, aspect);
  return { ...scrolling(2, width, gap, aspect), hero: count % 2 === 1 ? 2 : 1 };
}

function scrolling(columns: number, width: number, gap: number, aspect: number): Arrangement {
  const cellWidth = (width - gap * (columns - 1)) / columns;
  return { columns, hero: 1, cellWidth, cellHeight: cellWidth / aspect, scrolls: true };
}

/**
 * The arrangement with the largest smallest picture; among those the one that shows most picture,
 * where the first camera may take a square of cells (6 cameras: one large and five around it).
 */
export function arrange(count: number, width: number, height: number, gap = 8, aspect = 16 / 9): Arrangement {
  if (width < PHONE_WIDTH) return onPhone(count, width, gap, aspect);
  let best: Arrangement | null = null;
  let bestArea = 0;
  for (let columns = 1; columns <= Math.min(COLUMNS_MAX, Math.max(count, 1)); columns++) {
    for (let hero = 1; hero <= Math.max(1, columns - 1); hero++) {
      const cells = count + hero * hero - 1;
      const rows = Math.max(hero, Math.ceil(cells / columns));
      if (hero > 1 && columns * rows !== cells) continue;
      const byWidth = (width - gap * (columns - 1)) / columns;
      const byHeight = ((height - gap * (rows - 1)) / rows) * aspect;
      const cellWidth = Math.floor(Math.min(byWidth, byHeight));
      const area = cells * cellWidth * cellWidth;
      const isWider = best === null || cellWidth * WIDTH_TOLERANCE > best.cellWidth;
      const isAsWide = best !== null && cellWidth > best.cellWidth * WIDTH_TOLERANCE;
      if (isWider || (isAsWide && area > bestArea)) {
        best = { columns, hero, cellWidth, cellHeight: cellWidth / aspect, scrolls: false };
        bestArea = area;
      }
    }
  }
  if (best !== null && best.cellWidth >= FIT_WIDTH_MIN) return best;
  const columns = Math.max(1, Math.floor((width + gap) / (SCROLL_WIDTH_MIN + gap)));
  return scrolling(columns, width, gap, aspect);
}
