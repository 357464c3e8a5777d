/** What was noticed on one camera, as the timeline draws it, and which of it is meant by a moment. */
import { endOf, type EventDoc } from '../../app/events';

export interface LaneMarks {
  /** Oldest first. */
  events: readonly EventDoc[];
  /** Movement that was nobody's, oldest first. */
  activity: readonly (readonly [number, number])[];
}

/** A click on an event plays from so long before it. */
export const LEAD_US = 3e6;

/** Those that go on are drawn until now. */
export function markEnd(event: EventDoc, nowUs: number): number {
  return event.end_us === null ? Math.max(event.last_us, nowUs) : endOf(event);
}

/** The event at `us`, or the nearest within `toleranceUs`; the shortest where there are several. */
export function eventAt(marks: LaneMarks | undefined, us: number, toleranceUs: number, nowUs: number): EventDoc | null {
  let best: EventDoc | null = null;
  let bestScore = Infinity;
  for (const event of marks?.events ?? []) {
    if (event.start_us - toleranceUs > us) break;
    const end = markEnd(event, nowUs);
    if (end + toleranceUs < us) continue;
    const awayUs = Math.max(event.start_us - us, us - end, 0);
    const score = awayUs * 1e3 + (end - event.start_us);
    if (score < bestScore) [best, bestScore] = [event, score];
  }
  return best;
}

/** The next event after `us`, or the one before it. */
export function neighbour(marks: LaneMarks | undefined, us: number, by: 1 | -1): EventDoc | null {
  const events = marks?.events ?? [];
  if (by > 0) return events.find((event) => event.start_us > us) ?? null;
  return [...events].reverse().find((event) => event.start_us < us) ?? null;
}

/** Both lists as one, newer words about the same event first; oldest first. */
export function merged(known: readonly EventDoc[], fresh: readonly EventDoc[]): EventDoc[] {
  const all = new Map(known.map((event) => [event.id, event]));
  for (const event of fresh) all.set(event.id, event);
  return [...all.values()].sort((one, other) => one.start_us - other.start_us);
}
