/** What a person does with events: what is on screen changes at once, and back where the hub says no. */
import { t } from '../i18n/translate.svelte';
import type { EventFeed } from './eventfeed.svelte';
import type { EventChange, EventDoc } from './events';
import { SEEN_AT_ONCE_MAX, SeenMarks } from './eventseen';
import { eventWatch } from './eventwatch.svelte';
import { explain, household } from './household.svelte';
import { notices } from './notices.svelte';

export class EventActs {
  /** Open, and not among those of the feed. */
  single = $state.raw<EventDoc | null>(null);
  /** Open, and unseen because somebody said so. */
  leftUnseen: string | null = null;
  private readonly marks = new SeenMarks(
    () => household.ports.events,
    (ids, error) => this.marked(ids, error),
  );

  constructor(private readonly feed: EventFeed) {}

  /** Keeping is the household's, not its guests'. */
  get canKeep(): boolean {
    return household.isOwner || household.session?.role === 'member';
  }

  private show(id: string, change: EventChange): void {
    this.feed.apply(new Set([id]), change);
    if (this.single?.id === id) this.single = { ...this.single, ...change };
    if (change.seen !== undefined) eventWatch.unseen = Math.max(0, eventWatch.unseen + (change.seen ? -1 : 1));
  }

  private marked(ids: ReadonlySet<string>, error: unknown): void {
    if (error !== null) {
      this.feed.apply(ids, { seen: false });
      notices.say(explain(error), 'bad');
    }
    void eventWatch.look();
  }

  /** It was looked at. */
  open(event: EventDoc): void {
    if (event.seen || event.id === this.leftUnseen) return;
    this.show(event.id, { seen: true });
    this.marks.mark(event.id);
  }

  async see(event: EventDoc, isSeen: boolean, isOpen: boolean): Promise<void> {
    if (event.seen === isSeen) return;
    if (isOpen && !isSeen) this.leftUnseen = event.id;
    this.show(event.id, { seen: isSeen });
    if (isSeen) {
      this.marks.mark(event.id);
      return;
    }
    // Its own mark may be on its way: what was said last is to arrive last.
    await this.marks.flush();
    const done = await household.attempt(() => household.ports.events.change(event.id, { seen: false }));
    if (done === null) this.show(event.id, { seen: true });
  }

  /** @param ids null: everything until the newest on screen; what is told a moment later stays new. */
  async seeAll(ids: readonly string[] | null, count: number): Promise<void> {
    const untilUs = this.feed.events[0]?.start_us ?? household.nowUs();
    const port = household.ports.events;
    const done = await household.attempt(async () => {
      if (ids === null) await port.markSeen({ until_us: Math.round(untilUs) });
      else for (let first = 0; first < ids.length; first += SEEN_AT_ONCE_MAX) await port.markSeen({ events: ids.slice(first, first + SEEN_AT_ONCE_MAX) });
      return true;
    });
    if (done === null) return;
    this.feed.apply(new Set(ids ?? this.feed.events.map((event) => event.id)), { seen: true });
    notices.say(t('events.said_seen', { count }));
    void eventWatch.look();
  }

  /** Keeps, or lets go of; said in words where no open event shows it. */
  async keep(event: EventDoc, isOpen: boolean): Promise<void> {
    if (!this.canKeep) return;
    const kept = !event.kept;
    this.show(event.id, { kept });
    const done = await household.attempt(() => household.ports.events.change(event.id, { kept }));
    if (done === null) this.show(event.id, { kept: !kept });
    else if (!isOpen) notices.say(t(kept ? 'events.said_kept' : 'events.said_not_kept'));
  }

  /** Whether it is gone. */
  async remove(event: EventDoc): Promise<boolean> {
    const done = await household.attempt(async () => {
      await household.ports.events.remove(event.id);
      return true;
    });
    return done !== null;
  }

  /** Sends what waits. */
  flush(): void {
    void this.marks.flush();
  }
}
