/** Draws the timeline. Everything it needs comes in one picture; it keeps nothing. */
import type { EventDoc } from '../../app/events';
import { firstEndingAfter, pixelRuns, type Lane } from './lanes';
import { markEnd, type LaneMarks } from './marks';
import { DAY_US, HOUR_US, MINUTE_US, stepFor, ticksOf, xOf, type Scale } from './scale';

export interface Palette {
  ink: string;
  inkFaint: string;
  surface: string;
  line: string;
  lineStrong: string;
  track: string;
  recorded: string;
  recordedStrong: string;
  gap: string;
  event: string;
  activity: string;
  playhead: string;
  accent: string;
  selection: string;
  font: string;
}

export interface Labels {
  day(us: number): string;
  clock(us: number): string;
  clockSeconds(us: number): string;
}

export interface Picture {
  scale: Scale;
  lanes: readonly Lane[];
  /** By lane; what nobody may know of is missing. */
  marks: readonly (LaneMarks | undefined)[];
  laneTop: number;
  laneHeight: number;
  laneGap: number;
  /** Names are written above the tracks when there are several lanes. */
  showsNames: boolean;
  focus: number;
  nowUs: number;
  playheadUs: number | null;
  hoverUs: number | null;
  selection: { fromUs: number; toUs: number } | null;
  palette: Palette;
  labels: Labels;
}

export const AXIS_PX = 26;
const LABEL_PX_MIN = 84;
const HATCH_PX = 5;
const HANDLE_PX = 9;
const NOT_KEPT = 'not_kept';
const EVENT_PX_MIN = 3;
const ACTIVITY_PX = 3;

/** The colours of the theme on screen. */
export function readPalette(element: Element): Palette {
  const style = getComputedStyle(element);
  const read = (name: string): string => style.getPropertyValue(name).trim();
  return {
    ink: read('--ink'), inkFaint: read('--ink-faint'), surface: read('--surface'), line: read('--line'),
    lineStrong: read('--line-strong'), track: read('--track'), recorded: read('--recorded'),
    recordedStrong: read('--recorded-hover'), gap: read('--gap'), event: read('--event'), activity: read('--activity'), playhead: read('--playhead'),
    accent: read('--accent'), selection: read('--selection'), font: style.fontFamily,
  }; // prettier-ignore
}

function drawAxis(c: CanvasRenderingContext2D, picture: Picture, bottom: number): void {
  const { scale, palette, labels } = picture;
  const step = stepFor(scale, LABEL_PX_MIN);
  c.font = `500 11.5px ${palette.font}`;
  c.textBaseline = 'middle';
  c.textAlign = 'left';
  for (const tick of ticksOf(scale, LABEL_PX_MIN / 4)) {
    const x = Math.round(xOf(scale, tick.us)) + 0.5;
    c.fillStyle = palette.line;
    c.fillRect(x - 0.5, AXIS_PX - 5, 1, 5);
  }
  let freeFrom = stickyDay(c, picture);
  for (const tick of ticksOf(scale, LABEL_PX_MIN)) {
    const x = Math.round(xOf(scale, tick.us));
    c.fillStyle = tick.isDay ? palette.lineStrong : palette.line;
    c.fillRect(x, tick.isDay ? 0 : AXIS_PX - 8, 1, bottom);
    if (x < freeFrom) continue;
    const text = tick.isDay ? labels.day(tick.us) : step < MINUTE_US ? labels.clockSeconds(tick.us) : labels.clock(tick.us);
    c.fillStyle = tick.isDay ? palette.ink : palette.inkFaint;
    c.fillText(text, x + 5, 11);
    freeFrom = x + c.measureText(text).width + 14;
  }
}

/** The date at the left edge, unless midnight is about to write it; returns where labels may begin. */
function stickyDay(c: CanvasRenderingContext2D, picture: Picture): number {
  const { scale, palette, labels } = picture;
  if (scale.toUs - scale.fromUs > 8 * DAY_US) return 0;
  const text = labels.day(scale.fromUs);
  const end = c.measureText(text).width + 18;
  c.fillStyle = palette.ink;
  c.font = `600 11.5px ${palette.font}`;
  c.fillText(text, 8, 11);
  c.font = `500 11.5px ${palette.font}`;
  return end;
}

function drawGaps(c: CanvasRenderingContext2D, lane: Lane, picture: Picture, top: number): void {
  const { scale, palette, laneHeight } = picture;
  const toX = (us: number): number => xOf(scale, us);
  // What a rule deleted is missing on purpose: the bare track says so, hovering says why.
  const gaps = lane.gaps.filter((gap) => gap.reason !== NOT_KEPT);
  const first = firstEndingAfter(gaps, scale.fromUs, (gap) => gap.end_us);
  const runs = pixelRuns((i) => gaps[i]?.start_us ?? 0, (i) => gaps[i]?.end_us ?? 0, first, gaps.length, toX, scale.widthPx); // prettier-ignore
  c.save();
  c.beginPath();
  for (const [left, right] of runs) c.rect(left, top, Math.max(right - left, 2), laneHeight);
  c.clip();
  c.fillStyle = palette.gap;
  c.globalAlpha = 0.28;
  c.fillRect(0, top, scale.widthPx, laneHeight);
  c.globalAlpha = 0.9;
  c.strokeStyle = palette.gap;
  c.lineWidth = 1;
  c.beginPath();
  for (const [left, right] of runs) {
    for (let x = Math.floor((left - laneHeight) / HATCH_PX) * HATCH_PX; x < right; x += HATCH_PX) {
      c.moveTo(x, top + laneHeight);
      c.lineTo(x + laneHeight, top);
    }
  }
  if (runs.length > 0) c.stroke();
  c.restore();
}

function drawLane(c: CanvasRenderingContext2D, picture: Picture, index: number): void {
  const { scale, palette, laneHeight, laneGap, laneTop } = picture;
  const lane = picture.lanes[index] as Lane;
  const top = laneTop + index * (laneHeight + laneGap);
  const nowX = Math.min(Math.max(xOf(scale, picture.nowUs), 0), scale.widthPx);
  c.fillStyle = palette.track;
  c.beginPath();
  c.roundRect(0, top, nowX, laneHeight, 4);
  c.fill();
  const toX = (us: number): number => xOf(scale, us);
  const { spans } = lane;
  const first = firstEndingAfter(spans, scale.fromUs, (span) => span[1]);
  const runs = pixelRuns((i) => spans[i]?.[0] ?? 0, (i) => spans[i]?.[1] ?? 0, first, spans.length, toX, scale.widthPx); // prettier-ignore
  c.fillStyle = palette.recorded;
  c.globalAlpha = picture.lanes.length > 1 && index !== picture.focus ? 0.55 : 1;
  c.beginPath();
  for (const [left, right] of runs) {
    const width = Math.max(right - left, 1.5);
    if (width < 6) c.rect(left, top, width, laneHeight);
    else c.roundRect(left, top, width, laneHeight, 3);
  }
  c.fill();
  c.globalAlpha = 1;
  drawGaps(c, lane, picture, top);
  drawMarks(c, picture, index, top);
  if (picture.showsNames) drawName(c, picture, lane.name, top, index === picture.focus);
}

/** Events over the recording, movement that was nobody's as a thin line below it. */
function drawMarks(c: CanvasRenderingContext2D, picture: Picture, index: number, top: number): void {
  const marks = picture.marks[index];
  if (marks === undefined) return;
  const { scale, palette, laneHeight, nowUs } = picture;
  const toX = (us: number): number => xOf(scale, us);
  const { activity, events } = marks;
  const moved = firstEndingAfter(activity, scale.fromUs, (span) => span[1]);
  const thin = pixelRuns((i) => activity[i]?.[0] ?? 0, (i) => activity[i]?.[1] ?? 0, moved, activity.length, toX, scale.widthPx); // prettier-ignore
  c.fillStyle = palette.activity;
  c.beginPath();
  for (const [left, right] of thin) c.rect(left, top + laneHeight - ACTIVITY_PX, Math.max(right - left, 1.5), ACTIVITY_PX);
  c.fill();
  const seen = events.filter((event) => markEnd(event, nowUs) > scale.fromUs && event.start_us < scale.toUs);
  const inset = laneHeight >= 24 ? 5 : 3;
  const wide = pixelRuns((i) => seen[i]?.start_us ?? 0, (i) => markEnd(seen[i] as EventDoc, nowUs), 0, seen.length, toX, scale.widthPx); // prettier-ignore
  for (const [left, right] of wide) {
    const width = Math.max(right - left, EVENT_PX_MIN);
    c.beginPath();
    c.roundRect(left - 1, top + inset - 1, width + 2, laneHeight - 2 * inset + 2, 2.5);
    c.fillStyle = palette.surface;
    c.fill();
    c.beginPath();
    c.roundRect(left, top + inset, width, laneHeight - 2 * inset, 2);
    c.fillStyle = palette.event;
    c.fill();
  }
}

function drawName(c: CanvasRenderingContext2D, picture: Picture, name: string, top: number, isFocus: boolean): void {
  const { palette, laneHeight } = picture;
  c.font = `${isFocus ? 650 : 550} 11.5px ${palette.font}`;
  c.textBaseline = 'middle';
  const width = c.measureText(name).width;
  c.fillStyle = palette.surface;
  c.globalAlpha = 0.92;
  c.beginPath();
  const box = Math.min(17, laneHeight);
  c.roundRect(6, top + (laneHeight - box) / 2, width + 14, box, 4);
  c.fill();
  c.globalAlpha = 1;
  c.fillStyle = isFocus ? palette.accent : palette.ink;
  c.fillText(name, 13, top + laneHeight / 2 + 0.5);
}

function drawSelection(c: CanvasRenderingContext2D, picture: Picture, bottom: number): void {
  const { selection, scale, palette } = picture;
  if (selection === null) return;
  const left = xOf(scale, selection.fromUs);
  const right = xOf(scale, selection.toUs);
  const top = AXIS_PX - 4;
  c.fillStyle = palette.selection;
  c.fillRect(left, top, right - left, bottom - top);
  c.fillStyle = palette.accent;
  c.fillRect(left, top, right - left, 2);
  c.fillRect(left, bottom - 2, right - left, 2);
  for (const x of [left, right]) {
    c.fillStyle = palette.accent;
    c.beginPath();
    c.roundRect(x - HANDLE_PX / 2, top, HANDLE_PX, bottom - top, 4);
    c.fill();
    c.fillStyle = palette.surface;
    c.fillRect(x - 0.75, (top + bottom) / 2 - 7, 1.5, 14);
  }
}

function drawMarkers(c: CanvasRenderingContext2D, picture: Picture, bottom: number): void {
  const { scale, palette } = picture;
  const nowX = xOf(scale, picture.nowUs);
  if (nowX <= scale.widthPx) {
    c.fillStyle = palette.lineStrong;
    c.fillRect(Math.round(nowX), AXIS_PX - 4, 1, bottom - AXIS_PX + 4);
  }
  if (picture.hoverUs !== null) {
    c.fillStyle = palette.ink;
    c.globalAlpha = 0.5;
    c.fillRect(Math.round(xOf(scale, picture.hoverUs)), AXIS_PX - 6, 1, bottom - AXIS_PX + 6);
    c.globalAlpha = 1;
  }
  if (picture.playheadUs === null) return;
  const x = Math.round(xOf(scale, picture.playheadUs));
  if (x < -8 || x > scale.widthPx + 8) return;
  c.fillStyle = palette.playhead;
  c.fillRect(x - 1, AXIS_PX - 8, 2, bottom - AXIS_PX + 8);
  c.beginPath();
  c.roundRect(x - 6, AXIS_PX - 14, 12, 9, 3);
  c.fill();
  c.beginPath();
  c.moveTo(x - 5, AXIS_PX - 6);
  c.lineTo(x + 5, AXIS_PX - 6);
  c.lineTo(x, AXIS_PX);
  c.fill();
}

/** Height of the drawing for `count` lanes. */
export function heightOf(count: number, laneTop: number, laneHeight: number, laneGap: number): number {
  return laneTop + Math.max(count, 1) * (laneHeight + laneGap) - laneGap + 6;
}

export function paint(c: CanvasRenderingContext2D, picture: Picture, ratio: number): void {
  const { lanes, laneTop, laneHeight, laneGap, scale } = picture;
  const bottom = heightOf(lanes.length, laneTop, laneHeight, laneGap) - 2;
  c.setTransform(ratio, 0, 0, ratio, 0, 0);
  c.clearRect(0, 0, scale.widthPx, bottom + 2);
  drawAxis(c, picture, bottom);
  for (let index = 0; index < lanes.length; index++) drawLane(c, picture, index);
  drawSelection(c, picture, bottom);
  drawMarkers(c, picture, bottom);
}

/** Half an hour around a moment, the first view of a camera. */
export function firstView(nowUs: number): { fromUs: number; toUs: number } {
  return { fromUs: nowUs - 3 * HOUR_US, toUs: nowUs + 0.3 * HOUR_US };
}
