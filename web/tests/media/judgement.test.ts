// Goal: a tile says the truth about itself. Method: the pure parts (network, state, clock of playback), by table.

import { describe, expect, test } from 'vitest';
import {
  ageSecondsOf,
  type LiveFacts,
  pictureState,
  reportOf,
  type StreamFacts,
  wantedStream,
} from '../../src/media/livestate';
import { NetworkJudge } from '../../src/media/network';
import { type Follower, PlayClock } from '../../src/media/playclock';

const FACTS: LiveFacts = {
  nowUs: 100e6,
  nowMs: 100_000,
  shownUs: 99e6,
  refused: null,
  isUndecodable: false,
  isForbidden: false,
  isConnected: true,
  waitingSinceMs: 0,
  cameraState: 'running',
  isStills: false,
};

describe('what a tile says', () => {
  test.each<[string, Partial<LiveFacts>, string]>([
    ['a fresh picture', {}, 'live'],
    ['an old picture', { shownUs: 90e6 }, 'stale'],
    ['single pictures, even fresh ones', { isStills: true }, 'stale'],
    ['no picture yet', { shownUs: null }, 'connecting'],
    ['a camera that starts', { shownUs: null, cameraState: 'starting' }, 'starting'],
    ['a camera that is gone', { shownUs: 90e6, cameraState: 'unreachable' }, 'unreachable'],
    ['a state that lags behind fresh pictures', { cameraState: 'silent' }, 'live'],
    ['no connection, old picture', { shownUs: 90e6, isConnected: false }, 'offline'],
    ['no connection for a moment', { shownUs: null, isConnected: false, waitingSinceMs: 99_000 }, 'connecting'],
    ['a refusal, whatever else', { refused: { reason: 'tampered', atMs: 0 } }, 'refused'],
    ['not permitted', { isForbidden: true }, 'refused'],
    ['an unknown codec', { isUndecodable: true, shownUs: null }, 'undecodable'],
  ])('%s', (_name, change, state) => {
    expect(pictureState({ ...FACTS, ...change })).toBe(state);
  });

  test('the age is that of the picture on screen, and never negative', () => {
    expect(ageSecondsOf(FACTS)).toBe(1);
    expect(ageSecondsOf({ ...FACTS, shownUs: null })).toBe(null);
    expect(ageSecondsOf({ ...FACTS, shownUs: 101e6 })).toBe(0);
  });
});

test.each<[Partial<LiveFacts>, boolean, string | null]>([
  [{}, false, null],
  [{}, true, 'codec'],
  [{ isUndecodable: true }, false, 'codec'],
  [{ isForbidden: true }, true, 'forbidden'],
  [{ isForbidden: true, refused: { reason: 'stale', atMs: 0 } }, true, 'stale'],
])('the reason: %j', (change, isSubstitute, reason) => {
  const shown = { stream: 'sub', isSubstitute, width: 1, height: 2 } as const;
  expect(reportOf({ ...FACTS, ...change }, shown)).toMatchObject({ reason, ...shown });
});

test.each<[string, Partial<StreamFacts>, string]>([
  ['a large tile', {}, 'main'],
  ['a small tile', { pixels: 400 }, 'sub'],
  ['a small tile of a camera without sub', { pixels: 400, canSub: false }, 'main'],
  ['main by choice', { choice: 'main', pixels: 400 }, 'main'],
  ['sub by choice', { choice: 'sub' }, 'sub'],
  ['a codec for which there is a substitute', { choice: 'main', canMain: false }, 'sub'],
  ['a codec for which there is none', { canMain: false, canSub: false }, 'main'],
  ['a slow machine', { isOverwhelmed: true }, 'sub'],
  ['a slow machine whose owner insists', { choice: 'main', isOverwhelmed: true }, 'main'],
])('%s', (_name, change, stream) => {
  const facts: StreamFacts = {
    choice: 'auto',
    canMain: true,
    canSub: true,
    isOverwhelmed: false,
    pixels: 1600,
  };
  expect(wantedStream({ ...facts, ...change })).toBe(stream);
});

describe('the network', () => {
  test('three skips in a short time make it stills; one now and then does not', () => {
    const judge = new NetworkJudge();
    for (const ms of [0, 20_000, 40_000, 60_000]) expect(judge.skipped(ms)).toBe('live');
    judge.skipped(61_000);
    expect(judge.skipped(62_000)).toBe('stills');
  });

  test('data that waits for seconds makes it stills', () => {
    const judge = new NetworkJudge();
    expect(judge.tick(0, 2000)).toBe('live');
    expect(judge.tick(1000, 3000)).toBe('stills');
  });

  test('live is tried after 20 s, later after each failure, and stays when it goes well', () => {
    const judge = new NetworkJudge();
    judge.tick(0, 9999);
    expect(judge.tick(19_000, 0)).toBe('stills');
    expect(judge.tick(20_000, 0)).toBe('trial');
    expect(judge.skipped(21_000)).toBe('stills');
    expect(judge.tick(50_000, 0)).toBe('stills');
    expect(judge.tick(51_000, 0)).toBe('trial');
    judge.picture();
    judge.picture();
    expect(judge.tick(55_000, 0)).toBe('trial');
    expect(judge.tick(56_000, 0)).toBe('live');
  });

  test('a try without pictures has failed', () => {
    const judge = new NetworkJudge();
    judge.tick(0, 9999);
    judge.tick(20_000, 0);
    expect(judge.tick(25_000, 0)).toBe('stills');
  });
});

describe('the clock of playback', () => {
  class Camera implements Follower {
    readonly heard: string[] = [];
    moved(timeUs: number): void {
      this.heard.push(`moved ${timeUs}`);
    }
    turned(): void {
      this.heard.push('turned');
    }
  }
  function setUp(): { clock: PlayClock; a: Camera; b: Camera; pass: (ms: number) => void } {
    let nowMs = 0;
    const clock = new PlayClock(() => nowMs);
    const [a, b] = [new Camera(), new Camera()];
    clock.follow(a);
    clock.follow(b);
    return { clock, a, b, pass: (ms) => (nowMs += ms) };
  }

  test('time passes at its speed while playing, and tells all followers', () => {
    const { clock, a, b, pass } = setUp();
    clock.seek(1000);
    pass(50);
    expect(clock.timeUs()).toBe(1000);
    clock.play();
    pass(10);
    clock.setSpeed(4);
    pass(10);
    expect(clock.timeUs()).toBe(1000 + 10_000 + 40_000);
    clock.pause();
    pass(1000);
    expect(clock.timeUs()).toBe(51_000);
    expect(a.heard).toEqual(['moved 1000', 'turned', 'turned', 'turned']);
    expect(b.heard).toEqual(a.heard);
  });

  test('one that has nothing to show holds time for all', () => {
    const { clock, a, b, pass } = setUp();
    clock.play();
    clock.hold(a);
    clock.hold(b);
    pass(100);
    clock.release(a);
    pass(100);
    expect(clock.timeUs()).toBe(0);
    clock.release(b);
    pass(10);
    expect(clock.timeUs()).toBe(10_000);
    clock.hold(a);
    clock.leave(a);
    pass(10);
    expect(clock.timeUs()).toBe(20_000);
  });

  test('it jumps only over time that nobody recorded', () => {
    const { clock, a, b, pass } = setUp();
    clock.play();
    clock.inGap(a, 5e6);
    pass(10);
    expect(clock.timeUs()).toBe(10_000);
    clock.inGap(b, 3e6);
    expect(clock.timeUs()).toBe(3e6);
    clock.inGap(a, Number.POSITIVE_INFINITY);
    clock.inGap(b, Number.POSITIVE_INFINITY);
    expect(clock.timeUs()).toBe(3e6);
  });
});
