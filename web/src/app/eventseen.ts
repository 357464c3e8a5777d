/** Marks events as seen: those of a moment travel together. */
import type { EventsPort } from './events';

const TOGETHER_MS = 500;
/** The hub takes so many at once. */
export const SEEN_AT_ONCE_MAX = 200;

export class SeenMarks {
  private waiting = new Set<string>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** @param done after each answer; with an error where the hub did not take them. */
  constructor(
    private readonly port: () => Pick<EventsPort, 'markSeen'>,
    private readonly done: (ids: ReadonlySet<string>, error: unknown) => void,
  ) {}

  mark(id: string): void {
    this.waiting.add(id);
    this.timer ??= setTimeout(() => void this.flush(), TOGETHER_MS);
  }

  /** It is to stay unseen after all. */
  unmark(id: string): void {
    this.waiting.delete(id);
  }

  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const ids = [...this.waiting];
    this.waiting.clear();
    for (let first = 0; first < ids.length; first += SEEN_AT_ONCE_MAX) {
      const some = ids.slice(first, first + SEEN_AT_ONCE_MAX);
      try {
        await this.port().markSeen({ events: some });
        this.done(new Set(some), null);
      } catch (error) {
        this.done(new Set(some), error);
      }
    }
  }
}
