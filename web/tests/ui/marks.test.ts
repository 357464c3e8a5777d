// Goal: a moment on the timeline finds the event that is meant. Method: made-up visits.
import { describe, expect, test } from 'vitest';
import type { EventDoc } from '../../src/app/events';
import { eventAt, markEnd, merged, neighbour, type LaneMarks } from '../../src/components/timeline/marks';

function visit(id: string, start: number, end: number | null): EventDoc {
  return {
    id, camera: 'c', kind: 'person', start_us: start, last_us: end ?? start, end_us: end, confidence: 1, best_us: start, best_box: null, zones: [], path: [],
    seen: false, kept: false, picture: null, preview: null,
  }; // prettier-ignore
}

const MARKS: LaneMarks = { events: [visit('long', 100, 900), visit('short', 400, 410), visit('late', 1000, 1001), visit('open', 2000, null)], activity: [] };

describe('marks', () => {
  test('find what is under the pointer, the shorter before the longer', () => {
    expect(eventAt(MARKS, 300, 0, 3000)?.id).toBe('long');
    expect(eventAt(MARKS, 405, 0, 3000)?.id).toBe('short');
    expect(eventAt(MARKS, 950, 0, 3000)).toBeNull();
    expect(eventAt(MARKS, 980, 30, 3000)?.id).toBe('late');
    expect(eventAt(MARKS, 905, 30, 3000)?.id).toBe('long');
    expect(eventAt(MARKS, 2900, 0, 3000)?.id).toBe('open');
    expect(eventAt(undefined, 1, 1, 1)).toBeNull();
    expect(markEnd(visit('x', 5, null), 9)).toBe(9);
  });

  test('go from one to the next', () => {
    expect(neighbour(MARKS, 100, 1)?.id).toBe('short');
    expect(neighbour(MARKS, 400, -1)?.id).toBe('long');
    expect(neighbour(MARKS, 100, -1)).toBeNull();
    expect(neighbour(MARKS, 2000, 1)).toBeNull();
  });

  test('take newer words about the same event', () => {
    const fresh = [visit('open', 2000, 2500), visit('first', 1, 2)];
    const all = merged(MARKS.events, fresh);
    expect(all.map((event) => event.id)).toEqual(['first', 'long', 'short', 'late', 'open']);
    expect(all.at(-1)?.end_us).toBe(2500);
  });
});
