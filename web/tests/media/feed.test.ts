// Goal: only fragments of the asked stream, in order, reach a player. Method: a real Feed and real seals,
// behind a socket that hands out whatever the test likes.

import { expect, test } from 'vitest';
import type { Release, StreamName } from '../../src/api/types';
import { Feed, LIVE_AGE_US_MAX } from '../../src/media/feed';
import { Keyring } from '../../src/media/keyring';
import { Refusals } from '../../src/media/refusals';
import type { LiveSocket, Watcher } from '../../src/media/socket';
import type { Bytes } from '../../src/seal/encoding';
import { Kind } from '../../src/seal/header';
import type { Opened } from '../../src/seal/open';
import { CAMERA, contextOf, HOUSEHOLD, PLAIN_DEVICE, seal, secretOf, type Sealing } from '../seal/sealer';

const [A, B] = ['aa'.repeat(16), 'bb'.repeat(16)] as const;
const OPAQUE = '99'.repeat(16);

class World {
  current: { writer: string; wrapped: string } = { writer: A, wrapped: '1' };
  nowUs = 1_000_000;
  asked = 0;
  again = 0;
  readonly heard: string[] = [];
  readonly opened: Opened[] = [];
  readonly refusals: Refusals;
  readonly reports: string[] = [];
  readonly feed: Feed;
  #watcher: Watcher | null = null;

  constructor(stream: StreamName = 'main') {
    this.refusals = new Refusals((report) => {
      this.reports.push(report.reason);
      return Promise.resolve();
    });
    const keyring = new Keyring({
      household: HOUSEHOLD,
      deviceId: '',
      device: PLAIN_DEVICE,
      nowUs: () => this.nowUs,
      ask: () => {
        this.asked += 1;
        const { writer, wrapped } = this.current;
        const release: Release = {
          ...contextOf(writer, { stream }),
          purpose: 'live',
          device: '',
          wrapped,
          codec: '',
          is_next: false,
          expires_us: null,
        };
        return Promise.resolve({ keys: [release], refused: [] });
      },
    });
    const socket = {
      watch: (opaque: string, watcher: Watcher) => {
        expect(opaque).toBe(OPAQUE);
        this.#watcher = watcher;
        return () => undefined;
      },
      again: () => (this.again += 1),
    } as unknown as LiveSocket;
    const say = (word: string) => (): void => void this.heard.push(word);
    this.feed = new Feed(
      { socket, keyring, refusals: this.refusals, nowUs: () => this.nowUs },
      { camera: CAMERA, stream, opaque: OPAQUE },
      {
        opened: (opened) => {
          this.opened.push(opened);
          this.heard.push(`${opened.kind}:${opened.sequence}`);
        },
        refused: (reason) => this.heard.push(`refused ${reason}`),
        state: say('state'),
        skipped: say('skipped'),
        forbidden: say('forbidden'),
        connected: say('connected'),
        keyless: say('keyless'),
      },
    );
  }

  /** Hand fragments to the feed and wait until it has dealt with them. */
  async give(...fragments: Bytes[]): Promise<string[]> {
    this.heard.length = 0;
    for (const sealed of fragments) this.#watcher?.fragment(sealed, 0);
    for (let n = 0; n < 20; n++) await new Promise((resolve) => setTimeout(resolve, 2));
    return [...this.heard];
  }
}

function ours(kind: number, sequence: number, change: Partial<Sealing> = {}): Promise<Bytes> {
  return seal(secretOf(1), contextOf(A), { kind, sequence, ...change });
}

async function beginning(): Promise<Bytes[]> {
  return [await ours(Kind.INIT, 0), await ours(Kind.STILL, 1), await ours(Kind.GOP, 2)];
}

test('INIT, STILL and GOP come out in order', async () => {
  const world = new World();
  expect(await world.give(...(await beginning()))).toEqual(['3:0', '1:1', '2:2']);
  expect(world.asked).toBe(1);
});

test('after a hole everything waits for the next keyframe', async () => {
  const world = new World();
  await world.give(...(await beginning()));
  const after = [await ours(Kind.GOP, 4), await ours(Kind.GOP, 5)];
  expect(await world.give(...after)).toEqual([]);
  expect(await world.give(await ours(Kind.STILL, 6), await ours(Kind.GOP, 7))).toEqual(['1:6', '2:7']);
});

test('without INIT nothing is shown, and the door is asked for it', async () => {
  const world = new World();
  expect(await world.give(await ours(Kind.STILL, 1), await ours(Kind.GOP, 2))).toEqual([]);
  expect(world.again).toBe(1);
});

test('watching again repeats what is known: left out without a word', async () => {
  const world = new World();
  const start = await beginning();
  await world.give(...start);
  expect(await world.give(...start, await ours(Kind.GOP, 3))).toEqual(['3:0', '2:3']);
  expect(world.reports).toEqual([]);
});

test('another household, camera or stream is refused, told, and asks for no key', async () => {
  const world = new World();
  await world.give(...(await beginning()));
  for (const [change, reason] of [
    [{ household: '44'.repeat(16) }, 'foreign_household'],
    [{ camera: '44'.repeat(16) }, 'foreign_camera'],
    [{ stream: 'sub' }, 'wrong_stream'],
  ] as const) {
    const foreign = await seal(secretOf(1), contextOf(A, change), { kind: Kind.GOP, sequence: 3 });
    expect(await world.give(foreign)).toEqual([`refused ${reason}`]);
    expect(world.refusals.counts.get(reason)).toBe(1);
  }
  expect(world.asked).toBe(1);
});

test('damage is refused and the picture goes on at the next keyframe', async () => {
  const world = new World();
  await world.give(...(await beginning()));
  const damaged = await ours(Kind.GOP, 3);
  damaged[damaged.length - 1]! ^= 1;
  expect(await world.give(damaged)).toEqual(['refused tampered']);
  expect(await world.give(await ours(Kind.GOP, 3))).toEqual([]);
  expect(await world.give(await ours(Kind.STILL, 4))).toEqual(['1:4']);
  expect(await world.give(new Uint8Array(5))).toEqual(['refused malformed']);
});

test('an old picture is refused as stale, one from the future too', async () => {
  const world = new World();
  await world.give(...(await beginning()));
  world.nowUs += LIVE_AGE_US_MAX + 1;
  expect(await world.give(await ours(Kind.STILL, 3))).toEqual(['refused stale']);
  const ahead = await ours(Kind.STILL, 4, { wallUs: world.nowUs + 6_000_000 });
  expect(await world.give(ahead)).toEqual(['refused stale']);
});

test('a new window makes the hub be asked once, then goes on', async () => {
  const world = new World();
  await world.give(...(await beginning()));
  await new Promise((resolve) => setTimeout(resolve, 1000)); // the hub is asked once a second at most
  world.current = { writer: B, wrapped: '2' };
  const next = (kind: number, sequence: number) =>
    seal(secretOf(2), contextOf(B), { kind, sequence });
  const given = [await next(Kind.INIT, 0), await next(Kind.STILL, 1), await next(Kind.GOP, 2)];
  expect(await world.give(...given)).toEqual(['3:0', '1:1', '2:2']);
  expect(world.asked).toBe(2);
});

test('a window whose key is not released is dropped without alarm', async () => {
  const world = new World();
  await world.give(...(await beginning()));
  const unknown = await seal(secretOf(7), contextOf(B), { kind: Kind.STILL, sequence: 1 });
  expect(await world.give(unknown, unknown)).toEqual([]);
  expect(world.reports).toEqual([]);
});

test('sound needs no keyframe', async () => {
  const world = new World('audio');
  const sound = (kind: number, sequence: number) =>
    seal(secretOf(1), contextOf(A, { stream: 'audio' }), { kind, sequence });
  expect(await world.give(await sound(Kind.INIT, 0), await sound(Kind.GOP, 5))).toEqual(['3:0', '2:5']);
});

test('a closed feed says nothing more', async () => {
  const world = new World();
  world.feed.close();
  expect(await world.give(...(await beginning()))).toEqual([]);
});

test('what was seen comes between pictures and leaves no hole', async () => {
  const world = new World();
  await world.give(...(await beginning()));
  const given = [await ours(Kind.EVENT, 3), await ours(Kind.GOP, 4), await ours(Kind.EVENT, 5)];
  expect(await world.give(...given)).toEqual(['5:3', '2:4', '5:5']);
});

test('after a hole what was seen waits for a keyframe too', async () => {
  const world = new World();
  await world.give(...(await beginning()));
  expect(await world.give(await ours(Kind.EVENT, 4), await ours(Kind.GOP, 5))).toEqual([]);
  expect(await world.give(await ours(Kind.STILL, 6), await ours(Kind.EVENT, 7))).toEqual(['1:6', '5:7']);
});

test('sound carries nothing that was seen', async () => {
  const world = new World('audio');
  const sound = (kind: number, sequence: number) =>
    seal(secretOf(1), contextOf(A, { stream: 'audio' }), { kind, sequence });
  expect(await world.give(await sound(Kind.INIT, 0), await sound(Kind.THUMB, 1))).toEqual(['3:0', 'refused wrong_kind']);
});
