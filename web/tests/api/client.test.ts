// Goal: the client says what design/wire.md says. Method: a fetch that records and answers.

import { expect, test } from 'vitest';
import { ApiClient, ApiError } from '../../src/api/client';
import { HubClock } from '../../src/api/clock';
import { Prover } from '../../src/seal/prover';
import { mapStore } from '../seal/mapstore';

interface Call {
  readonly path: string;
  readonly init: RequestInit;
}

function clientOf(answer: () => Response | Promise<Response>): { api: ApiClient; calls: Call[] } {
  const calls: Call[] = [];
  const api = new ApiClient((path, init) => {
    calls.push({ path: String(path), init: init ?? {} });
    return Promise.resolve().then(answer);
  });
  return { api, calls };
}

const json = (body: unknown, status = 200): Response => Response.json(body, { status });

test('changes carry the header that forms of other sites cannot send; reads do not', async () => {
  const { api, calls } = clientOf(() => json({ keys: [] }));
  await api.keys({ live: [], recordings: [], exports: [] });
  await api.session();
  expect(calls[0]?.init).toMatchObject({
    method: 'POST',
    headers: { 'X-Keepsight': '1', 'Content-Type': 'application/json' },
    credentials: 'same-origin',
    redirect: 'error',
  });
  expect(calls[1]?.init.headers).toBeUndefined();
});

test('paths and queries', async () => {
  const { api, calls } = clientOf(() => json({ cameras: [], segments: [] }));
  await api.timeline(['a', 'b'], 1.5, 2.5);
  await api.recordings('a', 'main', 1, 2);
  await api.removeCamera('a', 'keep');
  await api.recorded('op', 'wr', 3, 7);
  await api.exported('wr', 0, 7);
  expect(calls.map((call) => call.path)).toEqual([
    '/api/timeline?camera=a&camera=b&from=1&to=3',
    '/api/recordings?camera=a&stream=main&from=1&to=2',
    '/api/cameras/a?recordings=keep',
    '/s/op/wr/3-7',
    '/s/export/wr/0-7',
  ]);
});

test('an error carries the code of the hub', async () => {
  const body = { error: 'too_many_tries', message: 'wait', fields: { a: 'b', retry_seconds: 30 } };
  const { api } = clientOf(() => json(body, 429));
  const error = await api.session().catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({ code: 'too_many_tries', status: 429, retrySeconds: 30, fields: { a: 'b', retry_seconds: 30 } });
});

test('what is no answer of the hub has a code too', async () => {
  const offline = clientOf(() => Promise.reject(new TypeError('failed to fetch')));
  await expect(offline.api.session()).rejects.toMatchObject({ code: 'offline', status: 0 });
  const proxy = clientOf(() => new Response('<html>', { status: 502 }));
  await expect(proxy.api.session()).rejects.toMatchObject({ code: 'unexpected', status: 502 });
  const page = clientOf(() => new Response('<html>'));
  await expect(page.api.session()).rejects.toMatchObject({ code: 'unexpected', status: 200 });
});

test('an aborted question stays an AbortError', async () => {
  const { api } = clientOf(() => Promise.reject(new DOMException('', 'AbortError')));
  const asked = api.timeline([], 0, 1, AbortSignal.abort());
  await expect(asked).rejects.toMatchObject({ name: 'AbortError' });
});

test('no content is no content, no picture is null', async () => {
  const empty = clientOf(() => new Response(null, { status: 204 }));
  expect(await empty.api.signOut()).toBe(undefined);
  const none = clientOf(() => json({ error: 'no_picture' }, 404));
  expect(await none.api.still('op')).toBe(null);
});

test('the clock follows the quickest answers', () => {
  const clock = new HubClock();
  clock.learn(5_000_000, 100, 140);
  const offset = clock.nowUs() - performance.now() * 1000;
  expect(offset).toBeCloseTo(5_000_000 - 120_000, -3);
  clock.learn(9_000_000, 100, 1900);
  expect(clock.nowUs() - performance.now() * 1000).toBeCloseTo(offset, -3);
  clock.learn(6_000_000, 100, 120);
  expect(clock.nowUs() - performance.now() * 1000).toBeCloseTo(6_000_000 - 110_000, -3);
});

test('hello teaches the clock', async () => {
  const { api } = clientOf(() => json({ time_us: 77_000_000 }));
  await api.hello();
  expect(Math.abs(api.clock.nowUs() - 77_000_000)).toBeLessThan(1_000_000);
});

test('requests to the API are proved, pictures and hello are not', async () => {
  const { api, calls } = clientOf(() => json({ keys: [], time_us: 1 }));
  api.prover = await Prover.load(mapStore());
  await api.keys({ live: [], recordings: [], exports: [] });
  await api.session();
  await api.hello();
  await api.recorded('op', 'wr', 3, 7);
  const proofs = calls.map((call) => new Headers(call.init.headers).get('DPoP'));
  expect(proofs.map((proof) => proof !== null)).toEqual([true, true, false, false]);
  expect(proofs[0]).not.toEqual(proofs[1]);
});

test('a stale proof is made anew once with what the hub says', async () => {
  const nonce = '0123456789abcdef0123456789abcdef';
  const stale = { error: 'proof_stale', message: '', fields: { nonce, time_us: 5_000_000_000_000 } };
  let asked = 0;
  const { api, calls } = clientOf(() => (++asked === 1 ? json(stale, 401) : json({ member: 'Ann' })));
  api.prover = await Prover.load(mapStore());
  await expect(api.session()).resolves.toEqual({ member: 'Ann' });
  const claims = calls.map((call) => {
    const [, body = ''] = (new Headers(call.init.headers).get('DPoP') ?? '').split('.');
    return JSON.parse(atob(body.replaceAll('-', '+').replaceAll('_', '/')));
  });
  expect(claims[0].nonce).toBe('');
  expect(claims[1]).toMatchObject({ nonce, htm: 'GET', iat: 5_000_000 });

  const stubborn = clientOf(() => json(stale, 401));
  stubborn.api.prover = await Prover.load(mapStore());
  await expect(stubborn.api.session()).rejects.toMatchObject({ code: 'proof_stale' });
  expect(stubborn.calls.length).toBe(2);
});
