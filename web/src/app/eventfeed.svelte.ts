/**
 * Events newest first, page by page, kept up to date. What somebody is looking at never moves under their
 * eyes: new events wait until they are asked for.
 */
import { type EventChange, type EventDoc, type EventQuery, type EventsPort, isBefore } from './events';

export const PAGE_EVENTS = 120;
/** So many are held; older ones are reached by choosing their day. */
export const HELD_EVENTS_MAX = 6_000;
const REFRESH_EVENTS = 60;
const REFRESH_MS = 8_000;

export class EventFeed {
  events = $state.raw<readonly EventDoc[]>([]);
  /** Newer than what is shown. */
  waiting = $state.raw<readonly EventDoc[]>([]);
  isLoading = $state(true);
  /** There is nothing older. */
  isWhole = $state(false);
  /** So many are held that no more are read. */
  isFull = $state(false);
  failure = $state.raw<unknown>(null);
  /** Set while somebody reads: what is new waits. */
  isHeld = false;
  private query: EventQuery | null = null;
  private next: string | null = null;
  private abort = new AbortController();
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly port: Pick<EventsPort, 'list'>) {}

  /** Begins anew; null: nothing can match. */
  start(query: EventQuery | null): Promise<void> {
    this.stop();
    this.query = query;
    this.events = this.waiting = [];
    this.next = null;
    this.isWhole = query === null;
    this.isFull = false;
    this.isLoading = false;
    this.failure = null;
    if (query === null) return Promise.resolve();
    this.timer = setInterval(() => void this.refresh(), REFRESH_MS);
    return this.more();
  }

  /** The next page of older ones. */
  async more(): Promise<void> {
    const { query, abort } = this;
    if (query === null || this.isLoading || this.isWhole || this.isFull) return;
    this.isLoading = true;
    try {
      const before = this.next === null ? {} : { before: this.next };
      const page = await this.port.list({ ...query, ...before, limit: PAGE_EVENTS }, abort.signal);
      if (abort.signal.aborted) return;
      this.events = merged(this.events, page.events);
      this.next = page.next_before;
      this.isWhole = page.next_before === null;
      this.isFull = this.events.length >= HELD_EVENTS_MAX;
      this.failure = null;
    } catch (error) {
      if (!abort.signal.aborted) this.failure = error;
    } finally {
      if (this.abort === abort) this.isLoading = false;
    }
  }

  /** Reads on until everything that began since `us` is there. */
  async reach(us: number): Promise<void> {
    while (!this.isWhole && !this.isFull && this.failure === null && (this.events.at(-1)?.start_us ?? Infinity) > us) {
      if (this.isLoading) return;
      await this.more();
    }
  }

  /** What has changed at the newest end. */
  async refresh(): Promise<void> {
    const { query, abort } = this;
    if (query === null || this.isLoading || document.visibilityState === 'hidden') return;
    if (this.failure !== null) {
      await this.more();
      return;
    }
    try {
      const page = await this.port.list({ ...query, limit: REFRESH_EVENTS }, abort.signal);
      if (!abort.signal.aborted) this.take(page.events);
    } catch {
      // The shell says that the hub does not answer; asked again soon.
    }
  }

  private take(found: readonly EventDoc[]): void {
    const known = new Set(this.events.map((event) => event.id));
    const oldest = this.events.at(-1);
    const isInReach = (event: EventDoc): boolean => this.isWhole || oldest === undefined || isBefore(event, oldest);
    const fresh = found.filter((event) => !known.has(event.id) && isInReach(event));
    this.events = merged(this.events, found.filter((event) => known.has(event.id)));
    if (this.isHeld) this.waiting = merged(this.waiting, fresh);
    else this.events = merged(this.events, fresh);
  }

  /** Shows what has waited. */
  release(): void {
    this.events = merged(this.events, this.waiting);
    this.waiting = [];
  }

  /** Puts in one that was found by itself. */
  put(event: EventDoc): void {
    this.events = merged(this.events, [event]);
  }

  /** A change that the hub will have, or has. */
  apply(ids: ReadonlySet<string>, change: EventChange): void {
    this.events = this.events.map((event) => (ids.has(event.id) ? { ...event, ...change } : event));
  }

  drop(id: string): void {
    this.events = this.events.filter((event) => event.id !== id);
  }

  at(id: string | null): number {
    return id === null ? -1 : this.events.findIndex((event) => event.id === id);
  }

  /** Ends what is under way. */
  stop(): void {
    clearInterval(this.timer);
    this.abort.abort();
    this.abort = new AbortController();
  }
}

/** Both, newest first, each once; of the same event the later one counts. */
export function merged(known: readonly EventDoc[], found: readonly EventDoc[]): readonly EventDoc[] {
  if (found.length === 0) return known;
  const all = new Map(known.map((event) => [event.id, event]));
  for (const event of found) all.set(event.id, event);
  return [...all.values()].sort((a, b) => (isBefore(a, b) ? -1 : 1));
}
