/** Between wall time and pixels. Pure; all times are wall microseconds since 1970 UTC. */
export interface Scale {
  fromUs: number;
  toUs: number;
  widthPx: number;
}

export interface Tick {
  us: number;
  /** Midnight, where the label is a date. */
  isDay: boolean;
}

export const SECOND_US = 1_000_000;
export const MINUTE_US = 60 * SECOND_US;
export const HOUR_US = 60 * MINUTE_US;
export const DAY_US = 24 * HOUR_US;
export const SPAN_US_MIN = 4 * SECOND_US;
export const SPAN_US_MAX = 31 * DAY_US;
/** How far past the present the view may reach, as a share of the view. */
const AHEAD_SHARE = 0.12;

const STEPS_US = [
  SECOND_US, 2 * SECOND_US, 5 * SECOND_US, 10 * SECOND_US, 15 * SECOND_US, 30 * SECOND_US,
  MINUTE_US, 2 * MINUTE_US, 5 * MINUTE_US, 10 * MINUTE_US, 15 * MINUTE_US, 30 * MINUTE_US,
  HOUR_US, 2 * HOUR_US, 3 * HOUR_US, 6 * HOUR_US, 12 * HOUR_US, DAY_US, 2 * DAY_US, 7 * DAY_US,
]; // prettier-ignore

export function xOf(scale: Scale, us: number): number {
  return ((us - scale.fromUs) / (scale.toUs - scale.fromUs)) * scale.widthPx;
}

export function usAt(scale: Scale, x: number): number {
  return scale.fromUs + (x / scale.widthPx) * (scale.toUs - scale.fromUs);
}

/** Inside the limits: not narrower or wider than allowed, not further ahead than AHEAD_SHARE. */
export function bounded(scale: Scale, nowUs: number): Scale {
  const spanUs = Math.min(Math.max(scale.toUs - scale.fromUs, SPAN_US_MIN), SPAN_US_MAX);
  const middle = (scale.fromUs + scale.toUs) / 2;
  const toUs = Math.min(middle + spanUs / 2, nowUs + spanUs * AHEAD_SHARE);
  return { fromUs: toUs - spanUs, toUs, widthPx: scale.widthPx };
}

/** `factor` below 1 zooms in; the time at `anchorUs` keeps its place. */
export function zoomed(scale: Scale, factor: number, anchorUs: number, nowUs: number): Scale {
  const spanUs = Math.min(Math.max((scale.toUs - scale.fromUs) * factor, SPAN_US_MIN), SPAN_US_MAX);
  const share = (anchorUs - scale.fromUs) / (scale.toUs - scale.fromUs);
  const fromUs = anchorUs - share * spanUs;
  return bounded({ fromUs, toUs: fromUs + spanUs, widthPx: scale.widthPx }, nowUs);
}

export function panned(scale: Scale, byUs: number, nowUs: number): Scale {
  return bounded({ fromUs: scale.fromUs + byUs, toUs: scale.toUs + byUs, widthPx: scale.widthPx }, nowUs);
}

/** The view moved as little as needed to show `us`, with a margin of an eighth. */
export function showing(scale: Scale, us: number, nowUs: number): Scale {
  const margin = (scale.toUs - scale.fromUs) / 8;
  if (us < scale.fromUs + margin / 4) return panned(scale, us - scale.fromUs - margin, nowUs);
  if (us > scale.toUs - margin / 4) return panned(scale, us - scale.toUs + margin, nowUs);
  return scale;
}

function offsetUs(us: number): number {
  return new Date(us / 1000).getTimezoneOffset() * -MINUTE_US;
}

/** Midnight of the day of `us`, `daysLater` days on, in the browser's time zone. */
export function midnight(us: number, daysLater = 0): number {
  const date = new Date(us / 1000);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + daysLater).getTime() * 1000;
}

/** The smallest step whose labels keep `pxMin` apart. */
export function stepFor(scale: Scale, pxMin: number): number {
  const usPerPx = (scale.toUs - scale.fromUs) / scale.widthPx;
  return STEPS_US.find((step) => step / usPerPx >= pxMin) ?? 7 * DAY_US;
}

function dayTicks(scale: Scale, days: number): Tick[] {
  const ticks: Tick[] = [];
  for (let us = midnight(scale.fromUs); us <= scale.toUs; us = midnight(us, 1)) {
    const day = Math.round((us + offsetUs(us)) / DAY_US);
    if (us >= scale.fromUs && day % days === 0) ticks.push({ us, isDay: true });
  }
  return ticks;
}

/** Ticks at round local times, right across a change to or from summer time. */
export function ticksOf(scale: Scale, pxMin: number): Tick[] {
  const step = stepFor(scale, pxMin);
  if (step >= DAY_US) return dayTicks(scale, step / DAY_US);
  const ticks: Tick[] = [];
  const first = Math.floor((scale.fromUs + offsetUs(scale.fromUs)) / step);
  for (let index = first; ; index++) {
    const local = index * step;
    const us = local - offsetUs(local - offsetUs(local));
    if (us > scale.toUs) return ticks;
    if (us >= scale.fromUs && us !== ticks.at(-1)?.us) ticks.push({ us, isDay: local % DAY_US === 0 });
  }
}
