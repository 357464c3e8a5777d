// Goal: keys follow questions. Method: a real Keyring, a hub that answers from a list, and lies.

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { KeysRequest, RefusedKeys, Release } from '../../src/api/types';
import { Keyring } from '../../src/media/keyring';
import { CAMERA, HOUSEHOLD, PLAIN_DEVICE } from '../seal/sealer';

const OTHER = '33'.repeat(16);
const [A, B, C] = ['aa', 'bb', 'cc'].map((byte) => byte.repeat(16)) as [string, string, string];

function release(change: Partial<Release>): Release {
  return {
    camera: CAMERA,
    stream: 'main',
    purpose: 'live',
    epoch: 1,
    writer: A,
    device: '',
    wrapped: '1',
    codec: '',
    is_next: false,
    expires_us: null,
    ...change,
  };
}

let requests: KeysRequest[] = [];
let answer: (request: KeysRequest) => Release[] = () => [];
let refused: RefusedKeys[] = [];
let nowUs = 0;

function keyring(): Keyring {
  return new Keyring({
    household: HOUSEHOLD,
    deviceId: 'dd'.repeat(16),
    device: PLAIN_DEVICE,
    ask: (request) => {
      requests.push(request);
      return Promise.resolve({ keys: answer(request), refused });
    },
    nowUs: () => nowUs,
  });
}

beforeEach(() => {
  vi.useFakeTimers();
  requests = [];
  refused = [];
  nowUs = 0;
});
afterEach(() => {
  vi.useRealTimers();
});

/** Let timers and real promises of WebCrypto run. */
async function settle<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  await vi.advanceTimersByTimeAsync(20);
  return promise;
}

test('questions of one turn travel in one request', async () => {
  answer = () => [
    release({}),
    release({ purpose: 'rec', writer: B, wrapped: '2' }),
    release({ purpose: 'rec', writer: C, wrapped: '3' }),
    release({ purpose: 'export', writer: A, wrapped: '4' }),
  ];
  const keys = keyring();
  const [live, b, c, exported] = await settle(
    Promise.all([
      keys.live(CAMERA, 'main').windows(),
      keys.recorded(CAMERA, 'main', B),
      keys.recorded(CAMERA, 'main', C),
      keys.exported(A, CAMERA),
    ]),
  );
  expect(requests).toEqual([
    {
      live: [{ camera: CAMERA, stream: 'main' }],
      recordings: [{ camera: CAMERA, stream: 'main', writers: [B, C] }],
      exports: [A],
    },
  ]);
  expect(live.map((key) => key.context.writer)).toEqual([A]);
  expect([b.context.writer, c.context.writer, exported.context.writer]).toEqual([B, C, A]);
  expect(b.context.household).toBe(HOUSEHOLD);
});

test('an answer for another camera, stream, purpose or window is no answer', async () => {
  const keys = keyring();
  for (const wrong of [
    { camera: OTHER },
    { stream: 'sub' as const },
    { purpose: 'live' as const },
    { writer: C },
  ]) {
    answer = () => [release({ purpose: 'rec', writer: B, ...wrong })];
    await expect(settle(keys.recorded(CAMERA, 'main', B))).rejects.toThrow('no key');
  }
});

test('recorded keys are remembered; a failure is not', async () => {
  const keys = keyring();
  answer = () => [];
  await expect(settle(keys.recorded(CAMERA, 'main', B))).rejects.toThrow();
  answer = () => [release({ purpose: 'rec', writer: B })];
  await settle(keys.recorded(CAMERA, 'main', B));
  await settle(keys.recorded(CAMERA, 'main', B));
  expect(requests).toHaveLength(2);
});

test('a live key is shared, renewed before it expires, and forgotten after the last user', async () => {
  answer = () => [release({ expires_us: 60e6 })];
  const keys = keyring();
  const live = keys.live(CAMERA, 'main');
  expect(keys.live(CAMERA, 'main')).toBe(live);
  await settle(live.windows());
  expect(requests).toHaveLength(1);
  answer = () => [
    release({ expires_us: 60e6 }),
    release({ writer: B, is_next: true, expires_us: 120e6 }),
  ];
  await vi.advanceTimersByTimeAsync(47_000);
  expect(requests).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(4000);
  expect(requests).toHaveLength(2);
  // The key is unwrapped by real cryptography, which fake timers do not hurry.
  await vi.waitFor(async () => {
    expect((await live.windows()).map((key) => key.context.writer)).toEqual([A, B]);
  });
  keys.releaseLive(live);
  await settle(live.windows());
  keys.releaseLive(live);
  const asked = requests.length;
  await vi.advanceTimersByTimeAsync(200_000);
  expect(requests).toHaveLength(asked);
});

test('the window before stays for late fragments, older ones go', async () => {
  const keys = keyring();
  const live = keys.live(CAMERA, 'main');
  for (const [writer, wrapped] of [[A, '1'], [B, '2'], [C, '3']] as const) {
    answer = () => [release({ writer, wrapped })];
    await vi.advanceTimersByTimeAsync(2000);
    await settle(live.refresh());
  }
  expect((await live.windows()).map((key) => key.context.writer)).toEqual([C, B]);
});

test('the hub is asked again at most once a second', async () => {
  answer = () => [release({})];
  const live = keyring().live(CAMERA, 'main');
  await settle(live.windows());
  expect(await settle(live.refresh())).toBe(false);
  await vi.advanceTimersByTimeAsync(1000);
  expect(await settle(live.refresh())).toBe(true);
  expect(requests).toHaveLength(2);
});

test('after the end of the session nothing is asked or given', async () => {
  const keys = keyring();
  const waiting = keys.recorded(CAMERA, 'main', B);
  keys.close();
  await expect(settle(waiting)).rejects.toThrow('ended');
  await expect(settle(keys.recorded(CAMERA, 'main', C))).rejects.toThrow('ended');
  expect(requests).toHaveLength(0);
});

test('a new epoch asks at once, and keeps what was recorded', async () => {
  answer = ({ live, recordings }) =>
    live.length > 0
      ? [release({ writer: requests.length === 1 ? A : B, epoch: requests.length })]
      : recordings.map(() => release({ purpose: 'rec', writer: C }));
  const ring = keyring();
  const keys = ring.live(CAMERA, 'main');
  expect((await settle(keys.windows())).map((key) => key.context.writer)).toEqual([A]);
  ring.renew();
  // Unwrapping is WebCrypto's and takes real time, which the clock of the test knows nothing of.
  let writers: string[] = [];
  while (writers.length < 2) writers = (await settle(keys.windows())).map((key) => key.context.writer);
  expect(writers).toEqual([B, A]);
  await settle(ring.recorded(CAMERA, 'main', C));
  const before = requests.length;
  ring.renew();
  await settle(ring.recorded(CAMERA, 'main', C));
  expect(requests.slice(before).flatMap((one) => one.recordings)).toEqual([]);
});

test('the key of a picture that is refused is told from one that is gone', async () => {
  const off = { why: 'Recalled', since_us: 1, until_us: 2 };
  refused = [
    { camera: OTHER, stream: 'event', purpose: 'event', reason: 'not_granted' },
    { camera: CAMERA, stream: 'main', purpose: 'rec', reason: 'pin_needed' },
  ];
  answer = () => [];
  await expect(settle(keyring().noticed(CAMERA, A))).rejects.toMatchObject({ code: 'no_such_picture', status: 404 });
  refused = [{ camera: CAMERA, stream: 'event', purpose: 'event', reason: 'suspended', ...off }];
  await expect(settle(keyring().noticed(CAMERA, A))).rejects.toMatchObject({ code: 'suspended', status: 403, fields: { reason: 'Recalled', since_us: 1, until_us: 2 } });
  refused = [{ camera: CAMERA, stream: 'event', purpose: 'event', reason: 'no_such_camera' }];
  await expect(settle(keyring().noticed(CAMERA, A))).rejects.toMatchObject({ code: 'no_such_camera', status: 404 });
  // What is given is used, whatever else the answer says.
  answer = () => [release({ stream: 'event', purpose: 'event' })];
  await expect(settle(keyring().noticed(CAMERA, A))).resolves.toMatchObject({ context: { camera: CAMERA, writer: A } });
});
