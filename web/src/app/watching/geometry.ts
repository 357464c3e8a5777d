/** Polygons over a picture. Pure; points are shares of the picture, 0..1, and sizes are pixels on screen. */
import type { Point, Polygon } from '../../api/watching';

export interface Size {
  width: number;
  height: number;
}

/** Nearer to the picture's border than this, in pixels, a corner lies on it. */
export const SNAP_PIXELS = 7;
const DIGITS = 1e4;

/** A share, rounded to what a picture can show and kept inside. */
export function share(value: number): number {
  return Math.round(Math.min(1, Math.max(0, value)) * DIGITS) / DIGITS;
}

/** The point of the picture at a place on screen; places near the border are on it. */
export function pointAt(x: number, y: number, size: Size): Point {
  const snapped = (at: number, length: number): number => (at < SNAP_PIXELS ? 0 : at > length - SNAP_PIXELS ? 1 : at / length);
  return [share(snapped(x, size.width)), share(snapped(y, size.height))];
}

/** A whole polygon moved, as far as the picture goes: its form stays. */
export function moved(polygon: Polygon, across: number, down: number): Polygon {
  const room = (axis: 0 | 1, by: number): number => {
    const values = polygon.map((point) => point[axis]);
    return Math.max(-Math.min(...values), Math.min(1 - Math.max(...values), by));
  };
  const [dx, dy] = [room(0, across), room(1, down)];
  return polygon.map(([x, y]) => [share(x + dx), share(y + dy)]);
}

export function withCorner(polygon: Polygon, index: number, point: Point): Polygon {
  return polygon.map((old, at) => (at === index ? point : old));
}

export function withoutCorner(polygon: Polygon, index: number): Polygon {
  return polygon.filter((_point, at) => at !== index);
}

export function middleOfEdge(polygon: Polygon, index: number): Point {
  const [a, b] = [polygon[index] as Point, polygon[(index + 1) % polygon.length] as Point];
  return [share((a[0] + b[0]) / 2), share((a[1] + b[1]) / 2)];
}

/** A new corner between `index` and the one after it. */
export function withInserted(polygon: Polygon, index: number, point: Point): Polygon {
  return [...polygon.slice(0, index + 1), point, ...polygon.slice(index + 1)];
}

/** Even-odd rule, as the watcher has it: a polygon may cross itself. */
export function holds(polygon: Polygon, [x, y]: Point): boolean {
  let isInside = false;
  let last = polygon.at(-1) as Point;
  for (const point of polygon) {
    if (point[1] > y !== last[1] > y && x < ((last[0] - point[0]) * (y - point[1])) / (last[1] - point[1]) + point[0]) isInside = !isInside;
    last = point;
  }
  return isInside;
}

/** Whether all corners lie on one line: such a polygon holds nothing, and the hub refuses it. */
export function isFlat(polygon: Polygon): boolean {
  const first = polygon[0];
  if (first === undefined) return true;
  const reach = (point: Point): number => Math.abs(point[0] - first[0]) + Math.abs(point[1] - first[1]);
  const far = polygon.reduce((best, point) => (reach(point) > reach(best) ? point : best), first);
  const [across, down] = [far[0] - first[0], far[1] - first[1]];
  return polygon.every(([x, y]) => Math.abs(across * (y - first[1]) - down * (x - first[0])) < 1e-9);
}

/** Where a name is written: the middle of the corners, or the corner nearest to it that is inside. */
export function labelPoint(polygon: Polygon): Point {
  const sum = polygon.reduce<Point>(([sx, sy], [x, y]) => [sx + x, sy + y], [0, 0]);
  const middle: Point = [sum[0] / polygon.length, sum[1] / polygon.length];
  if (holds(polygon, middle)) return middle;
  const away = ([x, y]: Point): number => Math.hypot(x - middle[0], y - middle[1]);
  return polygon.reduce((best, point) => (away(point) < away(best) ? point : best));
}

export type Hit = { what: 'corner' | 'edge'; shape: string; index: number } | { what: 'inside'; shape: string };

/** What a person points at. Corners and edges are those of the chosen shape; nearer wins, corners before edges. */
export function hitAt(shapes: readonly { key: string; points: Polygon }[], chosen: string | null, x: number, y: number, size: Size, reach: number): Hit | null {
  const away = ([px, py]: Point): number => Math.hypot(px * size.width - x, py * size.height - y);
  const own = shapes.find((shape) => shape.key === chosen);
  if (own !== undefined) {
    const nearest = (points: readonly Point[]): number => {
      const near = points.map(away);
      const best = Math.min(...near);
      return best <= reach ? near.indexOf(best) : -1;
    };
    const corner = nearest(own.points);
    if (corner >= 0) return { what: 'corner', shape: own.key, index: corner };
    const edge = nearest(own.points.map((_point, index) => middleOfEdge(own.points, index)));
    if (edge >= 0) return { what: 'edge', shape: own.key, index: edge };
  }
  const at: Point = [x / size.width, y / size.height];
  if (own !== undefined && holds(own.points, at)) return { what: 'inside', shape: own.key };
  const inside = [...shapes].reverse().find((shape) => holds(shape.points, at));
  return inside === undefined ? null : { what: 'inside', shape: inside.key };
}

/** Whether pointing here closes a polygon that is being drawn: at its first corner. */
export function closesAt(points: Polygon, x: number, y: number, size: Size, reach: number): boolean {
  const first = points[0];
  return points.length >= 3 && first !== undefined && Math.hypot(first[0] * size.width - x, first[1] * size.height - y) <= reach;
}

/** Width to height of a person who stands. */
const PERSON = 0.4;

/** A standing person that covers this share of the picture, in pixels. */
export function personOf(area: number, size: Size): Size {
  const pixels = area * size.width * size.height;
  const height = Math.min(size.height, Math.sqrt(pixels / PERSON));
  return height === 0 ? { width: 0, height: 0 } : { width: Math.min(size.width, pixels / height), height };
}
