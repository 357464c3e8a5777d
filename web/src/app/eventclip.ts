/** Which stretch of the recordings belongs to an event. Pure. */
import { type EventDoc, endOf } from './events';
import type { Camera } from './model';

/** For who is no owner the rule is not told; the hub's own default. */
const ROLL_SECONDS = 10;
const ROLL_SECONDS_MIN = 5;
/** Newer pictures may not be recorded yet. */
const SETTLED_US = 5_000_000;
const CLIP_US_MIN = 4_000_000;

export interface Clip {
  fromUs: number;
  toUs: number;
  /** The event itself, as shares of the clip. */
  eventFrom: number;
  eventTo: number;
}

/** From before the event until after it, as far as the recordings reach. */
export function clipOf(event: EventDoc, camera: Camera, nowUs: number): Clip {
  const rule = camera.rule as { pre_roll_seconds?: number; post_roll_seconds?: number } | undefined;
  const before = Math.max(rule?.pre_roll_seconds ?? ROLL_SECONDS, ROLL_SECONDS_MIN) * 1e6;
  const after = (rule?.post_roll_seconds ?? ROLL_SECONDS) * 1e6;
  const fromUs = Math.min(event.start_us - before, nowUs - SETTLED_US - CLIP_US_MIN);
  const toUs = Math.max(Math.min(endOf(event) + after, nowUs - SETTLED_US), fromUs + CLIP_US_MIN);
  const share = (us: number): number => Math.min(Math.max((us - fromUs) / (toUs - fromUs), 0), 1);
  return { fromUs, toUs, eventFrom: share(event.start_us), eventTo: share(endOf(event)) };
}
