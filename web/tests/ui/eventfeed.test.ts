// Goal: events come in order, each once, page by page, and never move under somebody's eyes. Method: the feed on a list that pages as the hub does.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { EventDoc, EventPage, EventQuery } from '../../src/app/events';
import { EventFeed, merged, PAGE_EVENTS } from '../../src/app/eventfeed.svelte';
import { SEEN_AT_ONCE_MAX, SeenMarks } from '../../src/app/eventseen';

const REFRESH_MS = 8_000;

function event(start_us: number, more: Partial<EventDoc> = {}): EventDoc {
  return { id: String(start_us).padStart(32, '0'), start_us, last_us: start_us, end_us: start_us, seen: false, kept: false, zones: [], path: [], ...more } as EventDoc;
}

/** A hub's list: newest first, with cursors. */
class Shelf {
  asked: EventQuery[] = [];
  failure: Error | null = null;

  constructor(public events: EventDoc[]) {}

  async list(query: EventQuery): Promise<EventPage> {
    this.asked.push(query);
    if (this.failure !== null) throw this.failure;
    const all = [...this.events].sort((a, b) => b.start_us - a.start_us);
    const from = query.before === undefined ? 0 : all.findIndex((one) => `${one.start_us}:${one.id}` === query.before) + 1;
    const events = all.slice(from, from + (query.limit ?? 100));
    const last = events.at(-1);
    return { events, next_before: from + events.length < all.length && last ? `${last.start_us}:${last.id}` : null };
  }
}

const shelf = (count: number): Shelf => new Shelf(Array.from({ length: count }, (_, nth) => event(1000 + nth)));
const times = (feed: EventFeed): number[] => feed.events.map((one) => one.start_us);

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('document', { visibilityState: 'visible' });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('reads page by page until there is nothing older', async () => {
  const feed = new EventFeed(shelf(PAGE_EVENTS + 5));
  await feed.start({});
  expect(feed.events).toHaveLength(PAGE_EVENTS);
  expect(feed.isWhole).toBe(false);
  await feed.more();
  expect(feed.isWhole).toBe(true);
  expect(times(feed)).toEqual([...times(feed)].sort((a, b) => b - a));
  expect(new Set(feed.events.map((one) => one.id)).size).toBe(PAGE_EVENTS + 5);
  feed.stop();
});

test('reads on until a moment is there', async () => {
  const feed = new EventFeed(shelf(PAGE_EVENTS * 3));
  await feed.start({});
  await feed.reach(1010);
  expect(feed.events.some((one) => one.start_us === 1010)).toBe(true);
  feed.stop();
});

test('asks nothing where nothing can match', async () => {
  const list = shelf(3);
  const feed = new EventFeed(list);
  await feed.start(null);
  expect(list.asked).toEqual([]);
  expect(feed.isWhole).toBe(true);
});

test('says what went wrong, and goes on by itself', async () => {
  const list = shelf(3);
  list.failure = new Error('away');
  const feed = new EventFeed(list);
  await feed.start({});
  expect(feed.failure).toBe(list.failure);
  list.failure = null;
  await vi.advanceTimersByTimeAsync(REFRESH_MS);
  expect([feed.failure, feed.events.length]).toEqual([null, 3]);
  feed.stop();
});

test('what is new shows at once at the top, and waits while somebody reads', async () => {
  const list = shelf(3);
  const feed = new EventFeed(list);
  await feed.start({});
  list.events.push(event(2000));
  await vi.advanceTimersByTimeAsync(REFRESH_MS);
  expect(times(feed)[0]).toBe(2000);
  feed.isHeld = true;
  list.events.push(event(3000));
  list.events[0] = event(1000, { kept: true });
  await vi.advanceTimersByTimeAsync(REFRESH_MS);
  expect(times(feed)[0]).toBe(2000);
  expect(feed.waiting).toHaveLength(1);
  expect(feed.events.find((one) => one.start_us === 1000)?.kept).toBe(true);
  feed.release();
  expect([times(feed)[0], feed.waiting.length]).toEqual([3000, 0]);
  feed.stop();
});

test('older ones that were not read yet are not taken for new', async () => {
  const list = shelf(PAGE_EVENTS * 2);
  const feed = new EventFeed(list);
  await feed.start({});
  list.events = list.events.slice(0, 50);
  await vi.advanceTimersByTimeAsync(REFRESH_MS);
  expect(feed.events).toHaveLength(PAGE_EVENTS);
  feed.stop();
});

test('a change is seen at once and what is gone is gone', async () => {
  const feed = new EventFeed(shelf(3));
  await feed.start({});
  const [first] = feed.events;
  feed.apply(new Set([first?.id ?? '']), { seen: true });
  expect(feed.events.filter((one) => one.seen)).toHaveLength(1);
  feed.drop(first?.id ?? '');
  expect([feed.events.length, feed.at(first?.id ?? ''), feed.at(null)]).toEqual([2, -1, -1]);
  feed.stop();
});

test('the later word about an event counts', () => {
  const found = merged([event(2), event(1)], [event(1, { kept: true }), event(3)]);
  expect(found.map((one) => [one.start_us, one.kept])).toEqual([[3, false], [2, false], [1, true]]);
});

test('marks of one moment travel together, in pieces that the hub takes', async () => {
  const sent: number[] = [];
  const done: [number, unknown][] = [];
  const marks = new SeenMarks(
    () => ({ markSeen: async (wish) => void sent.push('events' in wish ? wish.events.length : -1) }),
    (ids, error) => done.push([ids.size, error]),
  );
  for (let nth = 0; nth < SEEN_AT_ONCE_MAX + 2; nth++) marks.mark(`e${nth}`);
  marks.mark('e0');
  marks.unmark('e1');
  await vi.advanceTimersByTimeAsync(1000);
  expect(sent).toEqual([SEEN_AT_ONCE_MAX, 1]);
  expect(done).toEqual([[SEEN_AT_ONCE_MAX, null], [1, null]]);
});

test('marks that the hub did not take are told', async () => {
  const away = new Error('away');
  const done: unknown[] = [];
  const marks = new SeenMarks(() => ({ markSeen: () => Promise.reject(away) }), (ids, error) => done.push([[...ids], error]));
  marks.mark('a');
  await marks.flush();
  expect(done).toEqual([[['a'], away]]);
});
