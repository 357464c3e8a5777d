// The typed client of the hub's HTTP API (design/wire.md, sections 6 and 7). One method a row.

import type { Bytes } from '../seal/encoding';
import type { Prover } from '../seal/prover';
import { HubClock } from './clock';
import type * as wire from './types';

/** An answer is bounded as everything is: 256 fragments of a recording are far below this. */
const BODY_BYTES_MAX = 256 * 1024 * 1024;

/** An answer of the hub that is not what was asked for. `code` has a sentence in the catalogue. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  constructor(
    /** The hub's code; `offline` when there was no answer, `unexpected` when it was no API answer. */
    readonly code: string,
    readonly status: number,
    message: string,
    readonly fields: Record<string, unknown> = {},
    readonly retrySeconds: number | null = null,
  ) {
    super(message);
  }
}

function failure(status: number, body: unknown): ApiError {
  if (typeof body !== 'object' || body === null || !('error' in body)) {
    return new ApiError('unexpected', status, `the hub answered ${status}`);
  }
  const answer = body as {
    error: unknown;
    message?: unknown;
    fields?: Record<string, unknown>;
  };
  const seconds = answer.fields?.['retry_seconds'];
  return new ApiError(
    String(answer.error),
    status,
    typeof answer.message === 'string' ? answer.message : '',
    answer.fields ?? {},
    typeof seconds === 'number' ? seconds : null,
  );
}

type Query = Record<string, string | number | readonly string[]>;

function withQuery(path: string, query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) parameters.append(name, String(one));
  }
  return `${path}?${parameters}`;
}

/** A request that changes something, with JSON where there is any. */
export function changing(method: string, body?: unknown, more: Record<string, string> = {}): RequestInit {
  const headers: Record<string, string> = { 'X-Keepsight': '1', ...more };
  if (body === undefined) return { method, headers };
  return { method, headers: { ...headers, 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
}

/** Answered with a cookie alone: what says whether anybody is signed in. */
const UNPROVED = new Set(['/api/hello']);

export class ApiClient {
  readonly clock = new HubClock();
  /** Proves requests, once this browser has its key. */
  prover: Prover | null = null;
  /** The name that a stream has now, by one that it had before a new epoch. Set by the media engine. */
  nameNow: (opaque: string) => string = (opaque) => opaque;
  readonly #fetch: typeof fetch;

  constructor(fetchWith: typeof fetch = (input, init) => fetch(input, init)) {
    this.#fetch = fetchWith;
  }

  async hello(): Promise<wire.Hello> {
    return this.#learning(() => this.#get<wire.Hello>('/hello'));
  }

  setup(request: wire.SetupRequest): Promise<wire.SetupResult> {
    return this.#change('POST', '/setup', request);
  }

  judgePassphrase(
    passphrase: string,
    context: readonly string[],
    signal?: AbortSignal,
    hasFactor = false,
  ): Promise<wire.PassphraseVerdict> {
    const body = { passphrase, context, factor: hasFactor };
    return this.#change('POST', '/setup/passphrase', body, signal);
  }

  signOut(): Promise<void> {
    return this.#change('DELETE', '/session');
  }

  session(): Promise<wire.Session> {
    return this.#get('/session');
  }

  devices(): Promise<wire.MemberDevice[]> {
    return this.#get('/devices');
  }

  removeDevice(id: string): Promise<void> {
    return this.#change('DELETE', `/devices/${id}`);
  }

  cameras(): Promise<wire.Camera[]> {
    return this.#get('/cameras');
  }

  addCamera(camera: wire.NewCamera): Promise<wire.Camera> {
    return this.#change('POST', '/cameras', camera);
  }

  changeCamera(id: string, change: wire.CameraChange): Promise<wire.Camera> {
    return this.#change('PATCH', `/cameras/${id}`, change);
  }

  removeCamera(id: string, recordings: 'keep' | 'delete'): Promise<void> {
    return this.#change('DELETE', withQuery(`/cameras/${id}`, { recordings }));
  }

  decideIdentity(id: string, decision: 'accept' | 'stop'): Promise<wire.Camera> {
    return this.#change('POST', `/cameras/${id}/identity`, { decision });
  }

  keys(request: wire.KeysRequest): Promise<wire.KeysAnswer> {
    return this.#change('POST', '/keys', request);
  }

  async timeline(
    cameras: readonly string[],
    fromUs: number,
    toUs: number,
    signal?: AbortSignal,
  ): Promise<wire.TimelineLane[]> {
    const query = { camera: cameras, from: Math.floor(fromUs), to: Math.ceil(toUs) };
    const path = withQuery('/timeline', query);
    return (await this.#get<{ cameras: wire.TimelineLane[] }>(path, signal)).cameras;
  }

  /** Movement that was nobody's. */
  async activity(cameras: readonly string[], fromUs: number, toUs: number, signal?: AbortSignal): Promise<wire.CameraActivity[]> {
    const path = withQuery('/activity', { camera: cameras, from: Math.floor(fromUs), to: Math.ceil(toUs) });
    return (await this.#get<{ cameras: wire.CameraActivity[] }>(path, signal)).cameras;
  }

  async recordings(
    camera: string,
    stream: wire.StreamName,
    fromUs: number,
    toUs: number,
    signal?: AbortSignal,
  ): Promise<wire.Segment[]> {
    const query = { camera, stream, from: Math.floor(fromUs), to: Math.ceil(toUs) };
    const path = withQuery('/recordings', query);
    return (await this.#get<{ segments: wire.Segment[] }>(path, signal)).segments;
  }

  deleteRecordings(
    camera: string,
    fromUs: number,
    toUs: number,
  ): Promise<{ deleted: number; bytes: number }> {
    return this.#change('DELETE', '/recordings', { camera, from_us: fromUs, to_us: toUs });
  }

  startExport(
    camera: string,
    stream: wire.StreamName,
    fromUs: number,
    toUs: number,
    change: wire.ExportChange = {},
  ): Promise<wire.ExportJob> {
    return this.#change('POST', '/exports', { camera, stream, from_us: fromUs, to_us: toUs, ...change });
  }

  exports(): Promise<wire.ExportJob[]> {
    return this.#get('/exports');
  }

  exportJob(writer: string): Promise<wire.ExportJob> {
    return this.#get(`/exports/${writer}`);
  }

  removeExport(writer: string): Promise<void> {
    return this.#change('DELETE', `/exports/${writer}`);
  }

  status(): Promise<wire.Status> {
    return this.#learning(() => this.#get<wire.Status>('/status'));
  }

  settings(): Promise<wire.HouseholdSettings> {
    return this.#get('/settings');
  }

  changeSettings(change: Partial<wire.HouseholdSettings>): Promise<wire.HouseholdSettings> {
    return this.#change('PATCH', '/settings', change);
  }

  reportRefusal(report: wire.RefusalReport): Promise<void> {
    return this.#change('POST', '/refusals', report);
  }

  /** INIT and the newest STILL of a stream, sealed, back to back; null where there is none. */
  async still(opaque: string, signal?: AbortSignal): Promise<Bytes | 'hidden' | null> {
    try {
      return await this.#sealed(`/s/${this.nameNow(opaque)}/still`, signal);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404) throw error;
      return error.fields['state'] === 'hidden' ? 'hidden' : null;
    }
  }

  /** Recorded fragments first..last, sealed, back to back. */
  recorded(
    opaque: string,
    writer: string,
    first: number,
    last: number,
    signal?: AbortSignal,
  ): Promise<Bytes> {
    return this.#sealed(`/s/${this.nameNow(opaque)}/${writer}/${first}-${last}`, signal);
  }

  /** Pieces first..last of an export, sealed, back to back. */
  exported(writer: string, first: number, last: number, signal?: AbortSignal): Promise<Bytes> {
    return this.#sealed(`/s/export/${writer}/${first}-${last}`, signal);
  }

  async #learning<T extends { time_us: number }>(ask: () => Promise<T>): Promise<T> {
    const sentMs = performance.now();
    const answer = await ask();
    this.clock.learn(answer.time_us, sentMs, performance.now());
    return answer;
  }

  /** For the nouns that have a client of their own beside this one. `path` begins after /api. */
  get<T>(path: string, signal?: AbortSignal): Promise<T> {
    return this.#get(path, signal);
  }

  /** The same for requests that change something. */
  change<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
    return this.#change(method, path, body, signal);
  }

  /** The same for what is no JSON, there or back. */
  ask(path: string, init: RequestInit, signal?: AbortSignal): Promise<Response> {
    return this.#send(`/api${path}`, init, signal);
  }

  #get<T>(path: string, signal?: AbortSignal): Promise<T> {
    return this.#json(`/api${path}`, { method: 'GET' }, signal);
  }

  #change<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
    return this.#json(`/api${path}`, changing(method, body), signal);
  }

  async #json<T>(path: string, init: RequestInit, signal?: AbortSignal): Promise<T> {
    const response = await this.#send(path, init, signal);
    if (response.status === 204) return undefined as T;
    return (await response.json().catch(() => {
      throw new ApiError('unexpected', response.status, 'the hub answered something unreadable');
    })) as T;
  }

  async #sealed(path: string, signal?: AbortSignal): Promise<Bytes> {
    const response = await this.#send(path, { method: 'GET' }, signal);
    if (Number(response.headers.get('Content-Length') ?? 0) > BODY_BYTES_MAX) {
      throw new ApiError('unexpected', response.status, 'the answer is too large');
    }
    return new Uint8Array(await response.arrayBuffer());
  }

  /** Sends, and once more where the hub wants a proof of its own time and this session. */
  async #send(path: string, init: RequestInit, signal?: AbortSignal): Promise<Response> {
    try {
      return await this.#sendOnce(path, await this.#proved(path, init), signal);
    } catch (error) {
      const isStale = error instanceof ApiError && error.code === 'proof_stale';
      if (!isStale || this.prover?.learn(error.fields) !== true) throw error;
      return await this.#sendOnce(path, await this.#proved(path, init), signal);
    }
  }

  async #proved(path: string, init: RequestInit): Promise<RequestInit> {
    if (this.prover === null || !path.startsWith('/api/') || UNPROVED.has(path)) return init;
    const url = new URL(path, globalThis.location?.origin ?? 'https://hub.invalid').href;
    const proof = await this.prover.prove(init.method ?? 'GET', url);
    return { ...init, headers: { ...init.headers, DPoP: proof } };
  }

  async #sendOnce(path: string, init: RequestInit, signal?: AbortSignal): Promise<Response> {
    let response: Response;
    try {
      response = await this.#fetch(path, {
        credentials: 'same-origin',
        redirect: 'error',
        ...init,
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new ApiError('offline', 0, 'the hub does not answer');
    }
    if (!response.ok) throw failure(response.status, await response.json().catch(() => null));
    return response;
  }
}
