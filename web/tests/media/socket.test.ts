// Goal: one connection, the right set of streams, and back after a loss. Method: a scripted WebSocket.

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LiveSocket, liveUrl, type Watcher } from '../../src/media/socket';
import { concat, fromHex } from '../../src/seal/encoding';

const [A, B] = ['aa'.repeat(16), 'bb'.repeat(16)] as const;

class FakeSocket {
  readonly sent: { watch?: string[]; pong?: number }[] = [];
  binaryType = '';
  isClosed = false;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  send(text: string): void {
    this.sent.push(JSON.parse(text) as { watch?: string[] });
  }
  close(): void {
    this.isClosed = true;
  }
  text(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

let sockets: FakeSocket[] = [];
const ends: string[] = [];

function make(): LiveSocket {
  return new LiveSocket({
    url: 'ws://localhost/live',
    connect: (_url, protocol) => {
      expect(protocol).toBe('keepsight.live.1');
      sockets.push(new FakeSocket());
      return sockets.at(-1) as unknown as WebSocket;
    },
    ended: (why) => ends.push(why),
  });
}

function watcher(heard: string[]): Watcher {
  return {
    fragment: (sealed) => heard.push(`fragment ${sealed.length}`),
    state: (state) => heard.push(state),
    skipped: (count) => heard.push(`skipped ${count}`),
    forbidden: () => heard.push('forbidden'),
    connected: (isConnected) => heard.push(`connected ${isConnected}`),
  };
}

const turn = (): Promise<void> => vi.advanceTimersByTimeAsync(0).then(() => undefined);
const watched = (socket: FakeSocket): (string[] | undefined)[] => socket.sent.map((one) => one.watch);

beforeEach(() => {
  vi.useFakeTimers();
  sockets = [];
  ends.length = 0;
});
afterEach(() => {
  vi.useRealTimers();
});

test('it connects with the first watcher and sends the whole set once', async () => {
  const live = make();
  await turn();
  expect(sockets).toHaveLength(0);
  const stop = live.watch(A, watcher([]));
  live.watch(B, watcher([]));
  await turn();
  sockets[0]!.onopen?.();
  await turn();
  expect(watched(sockets[0]!)).toEqual([[A, B]]);
  stop();
  await turn();
  expect(watched(sockets[0]!)).toEqual([[A, B], [B]]);
});

test('messages go to the watchers of their stream only', async () => {
  const live = make();
  const [a, b]: [string[], string[]] = [[], []];
  live.watch(A, watcher(a));
  live.watch(B, watcher(b));
  await turn();
  const socket = sockets[0]!;
  socket.onopen?.();
  socket.onmessage?.({ data: concat(fromHex(A), new Uint8Array(7)).buffer });
  socket.onmessage?.({ data: new ArrayBuffer(3) });
  socket.onmessage?.({ data: 'not JSON' });
  socket.text({ stream: B, state: 'silent' });
  socket.text({ stream: A, skipped: 3 });
  socket.text({ refused: B });
  socket.text({ ping: 42 });
  expect(a).toEqual(['connected true', 'fragment 7', 'skipped 3']);
  expect(b).toEqual(['connected true', 'silent', 'forbidden']);
  expect(socket.sent.at(-1)).toEqual({ pong: 42 });
});

test('a tile that replaces another of the same stream gets INIT: the stream is asked for anew', async () => {
  const live = make();
  const stop = live.watch(A, watcher([]));
  live.watch(B, watcher([]));
  await turn();
  sockets[0]!.onopen?.();
  stop();
  live.watch(A, watcher([]));
  await turn();
  expect(watched(sockets[0]!)).toEqual([[A, B], [B], [B, A]]);
  live.again(A);
  await turn();
  expect(watched(sockets[0]!).slice(3)).toEqual([[B], [B, A]]);
});

test('a lost connection is tried again, later each time, and the set is sent again', async () => {
  const live = make();
  const heard: string[] = [];
  live.watch(A, watcher(heard));
  await turn();
  for (let n = 0; n < 4; n++) {
    sockets.at(-1)!.onclose?.({ code: 1006 });
    await vi.advanceTimersByTimeAsync(500 * 2 ** n * 1.5);
    expect(sockets).toHaveLength(n + 2);
  }
  sockets.at(-1)!.onopen?.();
  await turn();
  expect(watched(sockets.at(-1)!)).toEqual([[A]]);
  expect(heard.at(-1)).toBe('connected true');
});

test('silence counts as a loss', async () => {
  const live = make();
  live.watch(A, watcher([]));
  await turn();
  sockets[0]!.onopen?.();
  await vi.advanceTimersByTimeAsync(16_000);
  expect(sockets).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(3000);
  expect(sockets[0]!.isClosed).toBe(true);
  expect(sockets).toHaveLength(2);
});

test.each([
  [4001, 'session_ended'],
  [4003, 'not_permitted'],
])('after close code %i nobody knocks again', async (code, why) => {
  const live = make();
  live.watch(A, watcher([]));
  await turn();
  sockets[0]!.onopen?.();
  sockets[0]!.onclose?.({ code });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(ends).toEqual([why]);
  expect(sockets).toHaveLength(1);
});

test('the delay is what a ping took longer than the quickest one', async () => {
  const live = make();
  live.watch(A, watcher([]));
  await turn();
  const socket = sockets[0]!;
  socket.onopen?.();
  socket.text({ ping: 1000 });
  expect(live.delayMs).toBe(0);
  await vi.advanceTimersByTimeAsync(8000);
  socket.text({ ping: 6000 });
  expect(live.delayMs).toBe(3000);
});

test('the address follows the page', () => {
  expect(liveUrl({ protocol: 'https:', host: 'hub.local:8443' })).toBe('wss://hub.local:8443/live');
  expect(liveUrl({ protocol: 'http:', host: 'localhost:8080' })).toBe('ws://localhost:8080/live');
});

test('a renamed stream is watched on under its new name, and sends INIT again', async () => {
  const renewed: string[] = [];
  const live = new LiveSocket({
    url: 'ws://localhost/live',
    connect: () => {
      sockets.push(new FakeSocket());
      return sockets.at(-1) as unknown as WebSocket;
    },
    renewed: () => renewed.push('renewed'),
  });
  const heard: string[] = [];
  const stop = live.watch(A, watcher(heard));
  await turn();
  sockets[0]!.onopen?.();
  await turn();
  sockets[0]!.text({ renewed: true });
  expect(renewed).toEqual(['renewed']);
  await turn();
  expect(watched(sockets[0]!)).toEqual([[A]]); // nothing is asked for by an old name
  live.rename(new Map([[A, B]]));
  await turn();
  expect(watched(sockets[0]!)).toEqual([[A], [B]]);
  sockets[0]!.onmessage?.({ data: concat(fromHex(B), fromHex('010203')).buffer });
  expect(heard.at(-1)).toBe('fragment 3');
  const C = 'cc'.repeat(16);
  live.rename(new Map([[B, C]]));
  expect(live.nameNow(A)).toBe(C);
  live.again(A);
  await turn();
  expect(watched(sockets[0]!).at(-1)).toEqual([C]);
  stop();
  await turn();
  expect(watched(sockets[0]!).at(-1)).toEqual([]);
});

test('after a reconnection, and for a refused name, the names are found out anew', async () => {
  let asked = 0;
  const live = new LiveSocket({
    url: 'ws://localhost/live',
    connect: () => {
      sockets.push(new FakeSocket());
      return sockets.at(-1) as unknown as WebSocket;
    },
    renewed: () => (asked += 1),
  });
  live.watch(A, watcher([]));
  await turn();
  sockets[0]!.onopen?.();
  expect(asked).toBe(0);
  sockets[0]!.text({ refused: A });
  expect(asked).toBe(1);
  sockets[0]!.onclose?.({ code: 1006 });
  await vi.advanceTimersByTimeAsync(2000);
  sockets[1]!.onopen?.();
  expect(asked).toBe(2);
});
