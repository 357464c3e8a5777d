/** The events and the movement around what is in view: fetched like the spans, freshened at the growing end. */
import { household, may } from '../../app/household.svelte';
import type { Camera } from '../../app/model';
import type { EventDoc } from '../../app/events';
import { type LaneMarks, merged } from './marks';
import { Reach } from './reach';
import { DAY_US, MINUTE_US } from './scale';

const REST_MS = 180;
const PAGE = 200;
/** Of one view: beyond it the older ones are not marked, and `sinceUs` says from when on they are. */
const PAGES_MAX = 8;
const FRESH_US = 10 * MINUTE_US;
const ACTIVITY_US_MAX = 62 * DAY_US;

export class MarksData {
  marks = $state.raw<ReadonlyMap<string, LaneMarks>>(new Map());
  /** Older events are not marked; null where all are. */
  sinceUs = $state<number | null>(null);
  private cameras: readonly Camera[] = [];
  private events: readonly EventDoc[] = [];
  private activity = new Map<string, [number, number][]>();
  private readonly reach = new Reach({
    restMs: REST_MS,
    marginUsMin: DAY_US / 4,
    nowUs: () => household.nowUs(),
    load: (fromUs, toUs, signal) => this.load(fromUs, toUs, signal),
    refresh: () => this.freshen(),
  });

  setCameras(cameras: readonly Camera[]): void {
    this.cameras = cameras.filter((camera) => may(camera, 'events'));
    this.events = [];
    this.activity.clear();
    this.show();
    this.reach.renew();
  }

  want(fromUs: number, toUs: number): void {
    this.reach.want(fromUs, toUs);
  }

  /** Fails without a word: the spans say that the hub does not answer. */
  private async load(fromUs: number, toUs: number, signal: AbortSignal): Promise<boolean> {
    if (this.cameras.length === 0) return false;
    await Promise.all([this.readEvents(fromUs, toUs, signal), this.readActivity(fromUs, toUs, signal)]);
    return true;
  }

  private async readEvents(fromUs: number, toUs: number, signal: AbortSignal): Promise<void> {
    const found = await this.list(fromUs, toUs, signal);
    if (signal.aborted) return;
    [this.events, this.sinceUs] = [merged([], found.events), found.sinceUs];
    this.show();
  }

  /** Newest first, page by page. */
  private async list(fromUs: number, toUs: number, signal: AbortSignal): Promise<{ events: EventDoc[]; sinceUs: number | null }> {
    const cameras = this.cameras.map((camera) => camera.id);
    const events: EventDoc[] = [];
    let before: string | undefined;
    for (let page = 0; page < PAGES_MAX; page++) {
      const query = { cameras, fromUs, toUs, limit: PAGE, ...(before === undefined ? {} : { before }) };
      const found = await household.ports.events.list(query, signal);
      events.push(...found.events);
      if (found.next_before === null) return { events, sinceUs: null };
      before = found.next_before;
    }
    return { events, sinceUs: events.at(-1)?.start_us ?? null };
  }

  private async readActivity(fromUs: number, toUs: number, signal: AbortSignal): Promise<void> {
    const ids = this.cameras.map((camera) => camera.id);
    const found = await household.ports.hub.activity(ids, Math.max(fromUs, toUs - ACTIVITY_US_MAX), toUs, signal);
    if (signal.aborted) return;
    this.activity = new Map(found.map((entry) => [entry.camera, entry.spans]));
    this.show();
  }

  private async freshen(): Promise<void> {
    const nowUs = household.nowUs();
    if (this.cameras.length === 0 || this.reach.toUs === 0 || !this.reach.isWantedAfter(nowUs - FRESH_US) || document.visibilityState === 'hidden') return;
    const { signal } = this.reach;
    const open = this.events.filter((event) => event.end_us === null).map((event) => event.start_us);
    const found = await this.list(Math.min(nowUs - FRESH_US, ...open), nowUs, signal);
    if (signal.aborted) return;
    this.events = merged(this.events, found.events);
    this.reach.grow(nowUs);
    this.show();
  }

  private show(): void {
    this.marks = new Map(
      this.cameras.map((camera) => {
        const events = this.events.filter((event) => event.camera === camera.id);
        return [camera.id, { events, activity: this.activity.get(camera.id) ?? [] }];
      }),
    );
  }

  close(): void {
    this.reach.close();
  }
}
