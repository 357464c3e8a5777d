/** What was noticed in the mock's household: the same visits on every load, with drawn pictures. */
import type { Camera } from '../model';
import { type Box, type EventChange, type EventCount, type EventDoc, type EventPage, type EventQuery, type EventsPort, isBefore, type PictureRole, type SeenWish } from '../events';
import { ApiError } from '../ports';
import { drawScene, SCENE_HEIGHT, SCENE_WIDTH } from './scenes';
import { DAY_US, hexId, type World } from './world';

const LATENCY_MS = 60;
const PICTURE_WIDTH = 640;
const FRAME_WIDTH = 192;
const COLUMNS = 4;
const ROWS = 3;
const FRAMES = 11;
const URLS_MAX = 400;
const DAYS = 9;
/** Visits an hour, by hour of the day. */
const USUAL = [0, 0, 0, 0, 0, 1, 2, 5, 4, 2, 1, 2, 3, 2, 1, 2, 4, 6, 5, 3, 2, 1, 1, 0];

/** Why pictures are missing, one event after the other. */
const TROUBLES = [
  ['pin_needed', 403], ['suspended', 403], ['not_granted', 403], ['no_such_camera', 404], ['no_such_picture', 404], ['broken_picture', 200], ['ledger_unavailable', 503],
] as const; // prettier-ignore

interface Visitor {
  kind: string;
  scene: number;
  zones: readonly string[];
  /** Where it stands at a second of the scene; null while it is not in view. */
  box(s: number): Box | null;
}

function boxOf(left: number, top: number, right: number, bottom: number): Box | null {
  if (right < 30 || left > SCENE_WIDTH - 30) return null;
  const inside = (value: number): number => Math.min(Math.max(value, 0), 1);
  return [inside(left / SCENE_WIDTH), inside(top / SCENE_HEIGHT), inside(right / SCENE_WIDTH), inside(bottom / SCENE_HEIGHT)];
}

function personBox(x: number, y: number, size: number): Box | null {
  return boxOf(x - size * 0.36, y - size * 2.12, x + size * 0.36, y + size * 0.06);
}

const VISITORS: readonly Visitor[] = [
  { kind: 'person', scene: 0, zones: ['Doorstep'], box: (s) => ((s % 40) / 40 < 0.55 ? personBox(60 + ((s % 40) / 40) * 1000, 470 - ((s % 40) / 40) * 60, 92) : null) },
  { kind: 'person', scene: 4, zones: [], box: (s) => ((s % 30) / 30 > 0.4 ? personBox(300 + ((s % 30) / 30) * 300, 460, 80 + ((s % 30) / 30) * 20) : null) },
  { kind: 'vehicle', scene: 3, zones: ['Driveway', 'Gate'], box: (s) => boxOf(((s * 130) % 2400) - 400, 300, ((s * 130) % 2400) - 100, 464) },
  { kind: 'dog', scene: 1, zones: ['Lawn'], box: (s) => boxOf(90 + 70 * Math.sin(s / 3), 412, 205 + 70 * Math.sin(s / 3), 480) },
  { kind: 'package', scene: 0, zones: ['Doorstep'], box: () => boxOf(612, 360, 706, 428) },
  { kind: 'cry', scene: 2, zones: [], box: () => null },
];

function random(seed: number): () => number {
  let state = seed * 7919 + 17;
  return () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state / 0x7fffffff;
  };
}

function sceneSeconds(us: number, scene: number): number {
  return ((us / 1e6) % 86_400) + scene * 11;
}

/** When the visitor is best in view, from `us` on. */
function bestUs(visitor: Visitor, us: number): number {
  if (visitor.kind === 'cry') return us;
  let best = us;
  let closest = Infinity;
  for (let step = 0; step < 80; step++) {
    const at = us + step * 500_000;
    const box = visitor.box(sceneSeconds(at, visitor.scene));
    const offset = box === null ? Infinity : Math.abs((box[0] + box[2]) / 2 - 0.5);
    if (offset < closest) [best, closest] = [at, offset];
  }
  return best;
}

function visit(visitor: Visitor, camera: Camera, us: number, seed: number, next: () => number): EventDoc {
  const best = bestUs(visitor, us);
  const start = best - (2 + next() * 5) * 1e6;
  const last = best + (2 + next() * 14) * 1e6;
  const path: [number, number, number][] = [];
  for (let at = start; at <= last && path.length < 24; at += 600_000) {
    const box = visitor.box(sceneSeconds(at, visitor.scene));
    if (box !== null) path.push([(at - start) / 1e6, (box[0] + box[2]) / 2, box[3]]);
  }
  return {
    id: hexId(40_000 + seed), camera: camera.id, kind: visitor.kind, start_us: Math.round(start), last_us: Math.round(last),
    end_us: Math.round(last), confidence: 0.55 + next() * 0.42, best_us: best,
    best_box: visitor.box(sceneSeconds(best, visitor.scene)), zones: visitor.zones, path,
    seen: true, kept: next() < 0.03,
    picture: visitor.kind === 'cry' ? null : { id: hexId(80_000 + seed), bytes: 41_000 },
    preview: visitor.kind === 'cry' ? null : { id: hexId(120_000 + seed), bytes: 88_000, columns: COLUMNS, rows: ROWS, count: FRAMES },
  }; // prettier-ignore
}

function makeEvents(world: World): EventDoc[] {
  if (['one', 'empty'].includes(world.scenario)) return [];
  const nowUs = Date.now() * 1000;
  const midnight = new Date().setHours(0, 0, 0, 0) * 1000;
  const factor = world.scenario === 'many' ? 18 : 1;
  const found: EventDoc[] = [];
  const next = random(7);
  // Three whole days besides today's: as many just after midnight as in the evening.
  for (let day = 0; day < (factor > 1 ? 4 : DAYS); day++) {
    USUAL.forEach((usual, hour) => {
      const count = Math.round(usual * factor * (0.5 + next()));
      for (let nth = 0; nth < count; nth++) {
        const us = midnight - day * DAY_US + (hour + next()) * 3_600_000_000;
        const visitor = VISITORS[Math.floor(next() * next() * VISITORS.length * 1.3) % VISITORS.length] as Visitor;
        const camera = world.cameras.find((one) => world.sceneOf(one.id) % 6 === visitor.scene);
        if (camera !== undefined && us < nowUs - 60e6) found.push(visit(visitor, camera, us, found.length, next));
      }
    });
  }
  found.sort((a, b) => (isBefore(a, b) ? -1 : 1));
  found.forEach((event, nth) => (event.seen = nth >= 7 && nth % 11 !== 3));
  const newest = found[0];
  if (newest !== undefined) newest.end_us = null;
  return found;
}

function isWanted(event: EventDoc, query: EventQuery, rooms: ReadonlyMap<string, string>): boolean {
  return (
    (query.cameras?.includes(event.camera) ?? true) &&
    (query.room === undefined || rooms.get(event.camera) === query.room) &&
    (query.kinds?.includes(event.kind) ?? true) &&
    (query.zone === undefined || event.zones.includes(query.zone)) &&
    event.start_us >= (query.fromUs ?? 0) &&
    event.start_us < (query.toUs ?? Infinity) &&
    (query.isSeen === undefined || event.seen === query.isSeen) &&
    (query.isKept === undefined || event.kept === query.isKept)
  );
}

class MockEvents implements EventsPort {
  private events: EventDoc[];
  private readonly rooms: Map<string, string>;
  private readonly urls = new Map<string, string>();

  constructor(private readonly world: World) {
    this.events = makeEvents(world);
    this.rooms = new Map(world.cameras.map((camera) => [camera.id, camera.room]));
  }

  private async answer<Value>(value: Value): Promise<Value> {
    await new Promise((resolve) => setTimeout(resolve, LATENCY_MS));
    if (this.world.scenario === 'offline') throw new ApiError('offline', 0, 'no answer');
    return structuredClone(value);
  }

  list(query: EventQuery): Promise<EventPage> {
    const all = this.events.filter((event) => isWanted(event, query, this.rooms));
    const from = query.before === undefined ? 0 : all.findIndex((event) => `${event.start_us}:${event.id}` === query.before) + 1;
    const events = all.slice(from, from + (query.limit ?? 100));
    const last = events.at(-1);
    const hasMore = from + events.length < all.length && last !== undefined;
    return this.answer({ events, next_before: hasMore ? `${last.start_us}:${last.id}` : null });
  }

  private get(id: string): EventDoc {
    const event = this.events.find((one) => one.id === id);
    if (event === undefined) throw new ApiError('no_such_event', 404, 'no such event');
    return event;
  }

  find(id: string): Promise<EventDoc> {
    return this.answer(null).then(() => structuredClone(this.get(id)));
  }

  async change(id: string, change: EventChange): Promise<EventDoc> {
    return this.answer(Object.assign(this.get(id), change));
  }

  async markSeen(wish: SeenWish): Promise<void> {
    for (const event of this.events) {
      if ('events' in wish ? wish.events.includes(event.id) : event.start_us <= wish.until_us) event.seen = true;
    }
    await this.answer(null);
  }

  async remove(id: string): Promise<void> {
    this.events = this.events.filter((event) => event.id !== id);
    await this.answer(null);
  }

  counts(edgesUs: readonly number[], cameras: readonly string[] = []): Promise<EventCount[]> {
    const counts = edgesUs.slice(1).map((end, index) => {
      const found = this.events.filter((event) => event.start_us >= (edgesUs[index] ?? 0) && event.start_us < end && (cameras.length === 0 || cameras.includes(event.camera)));
      const kinds: Record<string, number> = {};
      for (const event of found) kinds[event.kind] = (kinds[event.kind] ?? 0) + 1;
      return { kinds };
    });
    return this.answer(counts);
  }

  unseen(): Promise<number> {
    return this.answer(this.events.filter((event) => !event.seen).length);
  }

  async picture(event: EventDoc, role: PictureRole, signal: AbortSignal): Promise<string | null> {
    const name = event[role];
    if (name === null) return null;
    await this.answer(null);
    if (this.world.scenario === 'trouble') this.refuse(event);
    signal.throwIfAborted();
    const scene = this.world.sceneOf(event.camera);
    // Thousands are not drawn one by one: what is tried with them is the page, not the drawing.
    const drawing = this.world.scenario === 'many' ? `${role}/${scene}/${event.kind}` : name.id;
    const known = this.urls.get(drawing);
    if (known !== undefined) return known;
    const canvas = role === 'picture' ? this.drawn(scene, event.best_us, event.kind) : this.strip(scene, event);
    const url = URL.createObjectURL(await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.7 }));
    this.urls.set(drawing, url);
    for (const [oldest, old] of this.urls) {
      if (this.urls.size <= URLS_MAX) break;
      URL.revokeObjectURL(old);
      this.urls.delete(oldest);
    }
    return url;
  }

  private refuse(event: EventDoc): void {
    const place = this.events.findIndex((one) => one.id === event.id) % TROUBLES.length;
    const [code, status] = TROUBLES[place] ?? TROUBLES[0];
    throw new ApiError(code, status, code, code === 'suspended' ? { reason: 'Recalled by its maker', since_us: event.start_us, until_us: null } : {});
  }

  private drawn(scene: number, us: number, kind: string): OffscreenCanvas {
    const canvas = new OffscreenCanvas(PICTURE_WIDTH, (PICTURE_WIDTH * SCENE_HEIGHT) / SCENE_WIDTH);
    drawScene(canvas, scene, us);
    const context = canvas.getContext('2d');
    if (kind === 'package' && context !== null) {
      context.fillStyle = '#b98a55';
      context.fillRect(618, 366, 82, 56);
      context.fillStyle = '#e2cfae';
      context.fillRect(654, 366, 10, 56);
    }
    return canvas;
  }

  private strip(scene: number, event: EventDoc): OffscreenCanvas {
    const height = (FRAME_WIDTH * SCENE_HEIGHT) / SCENE_WIDTH;
    const strip = new OffscreenCanvas(FRAME_WIDTH * COLUMNS, height * ROWS);
    const context = strip.getContext('2d');
    for (let nth = 0; nth < FRAMES; nth++) {
      const us = event.start_us + ((event.last_us - event.start_us) * nth) / (FRAMES - 1);
      context?.drawImage(this.drawn(scene, us, event.kind), (nth % COLUMNS) * FRAME_WIDTH, Math.floor(nth / COLUMNS) * height, FRAME_WIDTH, height);
    }
    return strip;
  }
}

export function mockEvents(world: World): EventsPort {
  return new MockEvents(world);
}
