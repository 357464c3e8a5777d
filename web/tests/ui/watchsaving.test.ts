// Goal: nobody saves over what they have not seen, and no draft is lost. Method: two drafts of one camera, each with the
// real client, before a hub that compares tags as RFC 9110 says.
import { expect, test } from 'vitest';
import { ApiClient, ApiError } from '../../src/api/client';
import { type Watching, WatchingClient } from '../../src/api/watching';
import { Draft } from '../../src/app/watching/draft.svelte';
import { Saving } from '../../src/app/watching/saving.svelte';
import { isSame } from '../../src/app/watching/shapes';

const NOTHING: Watching = {
  is_on: true, model: 'efficientdet-lite1', kinds: ['person'], person_confidence: null, min_area: 0,
  cooldown_seconds: 0, zones: [], masks: [], privacy_masks: [], hours: [], sounds: [],
}; // prettier-ignore

class Hub {
  now: Watching = NOTHING;
  asked: string[] = [];
  /** Whether it changes what it is sent, and so gives no tag after PUT. */
  isFussy = false;
  readonly client = new WatchingClient(new ApiClient((path, init) => Promise.resolve(this.#answer(String(path), new Request(`http://hub${String(path)}`, init)))));

  get tag(): string {
    return `"${this.now.min_area} ${this.now.cooldown_seconds} ${this.now.zones.length}"`;
  }

  async #answer(path: string, request: Request): Promise<Response> {
    expect(path).toBe('/api/cameras/c1/watching');
    this.asked.push(`${request.method} ${request.headers.get('If-Match') ?? '-'}`);
    if (request.method === 'PUT') {
      expect(request.headers.get('X-Keepsight')).toBe('1');
      const ifMatch = request.headers.get('If-Match');
      if (ifMatch !== null && ifMatch !== this.tag) return Response.json({ error: 'changed_meanwhile', message: 'read it again' }, { status: 412 });
      this.now = (await request.json()) as Watching;
      if (this.isFussy) return Response.json(this.now);
    }
    return Response.json(this.now, { headers: { ETag: this.tag } });
  }

  async open(): Promise<{ draft: Draft; saving: Saving }> {
    const kept = await this.client.read('c1');
    const draft = new Draft(kept.watching, String);
    return { draft, saving: new Saving(draft, this.client, 'c1', kept.tag) };
  }
}

test('one after the other is no conflict, again and again', async () => {
  const hub = new Hub();
  const { draft, saving } = await hub.open();
  for (const min_area of [0.1, 0.2, 0.3]) {
    draft.set({ min_area });
    expect(await saving.save()).toBe(true);
    expect([draft.isChanged, hub.now.min_area]).toEqual([false, min_area]);
  }
  expect(hub.asked).toEqual(['GET -', 'PUT "0 0 0"', 'PUT "0.1 0 0"', 'PUT "0.2 0 0"']);
});

test('what the hub changed on its way is read again', async () => {
  const hub = new Hub();
  hub.isFussy = true;
  const { draft, saving } = await hub.open();
  draft.set({ min_area: 0.1 });
  expect(await saving.save()).toBe(true);
  draft.set({ min_area: 0.2 });
  expect(await saving.save()).toBe(true);
  expect(hub.asked).toEqual(['GET -', 'PUT "0 0 0"', 'GET -', 'PUT "0.1 0 0"', 'GET -']);
});

test('the second of two is asked, keeps the draft, and goes on being asked', async () => {
  const hub = new Hub();
  const [ann, ben] = [await hub.open(), await hub.open()];
  ann.draft.set({ min_area: 0.1 });
  ben.draft.set({ cooldown_seconds: 30 });
  await ann.saving.save();
  for (let tries = 0; tries < 2; tries += 1) {
    expect(await ben.saving.save()).toBe(false);
    expect([ben.saving.isAsked, ben.draft.isChanged, ben.draft.watching.cooldown_seconds]).toEqual([true, true, 30]);
    expect(ben.saving.theirs?.watching.min_area).toBe(0.1);
    ben.saving.isAsked = false;
  }
  expect([hub.now.min_area, hub.now.cooldown_seconds]).toEqual([0.1, 0]);
  expect(ben.saving.base).toEqual({ watching: NOTHING, tag: '"0 0 0"' });
});

test('theirs is loaded, undo brings the draft back, and then it may be saved', async () => {
  const hub = new Hub();
  const [ann, ben] = [await hub.open(), await hub.open()];
  ann.draft.set({ min_area: 0.1 });
  ben.draft.set({ cooldown_seconds: 30 });
  await ann.saving.save();
  await ben.saving.save();
  ben.saving.loadTheirs();
  expect([ben.saving.isAsked, ben.draft.isChanged, ben.draft.watching.min_area, ben.draft.watching.cooldown_seconds]).toEqual([false, false, 0.1, 0]);
  ben.draft.undo();
  expect([ben.draft.isChanged, ben.draft.watching.cooldown_seconds]).toEqual([true, 30]);
  expect(await ben.saving.save()).toBe(true);
  expect([hub.now.min_area, hub.now.cooldown_seconds]).toEqual([0, 30]);
});

test('mine is saved over theirs, and over nothing that came after it', async () => {
  const hub = new Hub();
  const [ann, ben] = [await hub.open(), await hub.open()];
  ann.draft.set({ min_area: 0.1 });
  ben.draft.set({ cooldown_seconds: 30 });
  await ann.saving.save();
  await ben.saving.save();
  ann.draft.set({ min_area: 0.2 });
  await ann.saving.save();
  expect(await ben.saving.saveAnyway()).toBe(false);
  expect(ben.saving.theirs?.watching.min_area).toBe(0.2);
  expect(await ben.saving.saveAnyway()).toBe(true);
  expect([ben.saving.theirs, ben.saving.isAsked, ben.draft.isChanged, hub.now.cooldown_seconds]).toEqual([null, false, false, 30]);
});

test('who saved the same is no conflict', async () => {
  const hub = new Hub();
  const [ann, ben] = [await hub.open(), await hub.open()];
  for (const { draft } of [ann, ben]) draft.set({ min_area: 0.1 });
  await ann.saving.save();
  expect(await ben.saving.save()).toBe(true);
  expect([ben.saving.isAsked, ben.draft.isChanged]).toEqual([false, false]);
});

test('discarding leads to what the hub has by now', async () => {
  const hub = new Hub();
  const [ann, ben] = [await hub.open(), await hub.open()];
  ben.draft.set({ cooldown_seconds: 30 });
  ben.saving.discard();
  expect(ben.draft.isChanged).toBe(false);
  ben.draft.undo();
  ann.draft.set({ min_area: 0.1 });
  await ann.saving.save();
  await ben.saving.save();
  ben.saving.discard();
  expect([ben.draft.isChanged, ben.draft.watching.min_area]).toEqual([false, 0.1]);
});

test('another refusal is no conflict and stays one', async () => {
  const draft = new Draft(NOTHING, String);
  const refuse = (): Promise<never> => Promise.reject(new ApiError('bad_watching', 422, 'no'));
  const saving = new Saving(draft, { read: refuse, write: refuse }, 'c1', null);
  await expect(saving.save()).rejects.toMatchObject({ code: 'bad_watching' });
  expect(saving.isAsked).toBe(false);
});

test('the order in which days were chosen is no difference', () => {
  const hours = (weekdays: number[]): Watching => ({ ...NOTHING, hours: [{ weekdays, start_minute: 0, end_minute: 60 }] });
  expect(isSame(hours([4, 0]), hours([0, 4]))).toBe(true);
  expect(isSame(hours([4]), hours([0]))).toBe(false);
});
