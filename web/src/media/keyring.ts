// The keys of the windows the app asked for. Every key is found by what was asked, never by an id out
// of received bytes (isolation: a member of two households must not see home A under a tile of B).

import { ApiError } from '../api/client';
import type { KeysAnswer, KeysRequest, RefusedKeys, Release, StreamName } from '../api/types';
import type { DeviceKey, Purpose } from '../seal/device';
import type { Context } from '../seal/header';
import type { WindowKey } from '../seal/open';
import { Lru } from './lru';

/** Questions that come within this time travel in one request. */
const BATCH_MS = 5;
/** Windows asked for in one request; more go into the next one. */
const BATCH_WINDOWS_MAX = 64;
const RECORDED_KEYS_MAX = 2048;
/** The next window's key is released this long before the current one ends (design/wire.md). */
const AHEAD_US = 12_000_000;
const RETRY_MS = 1000;
const RETRY_MS_MAX = 15_000;

/** What the keyring needs; given by whoever builds the program. */
export interface KeyringParts {
  readonly household: string;
  readonly deviceId: string;
  readonly device: Pick<DeviceKey, 'openRelease'>;
  readonly ask: (request: KeysRequest) => Promise<KeysAnswer>;
  /** Wall time of the hub. */
  readonly nowUs: () => number;
}

interface Asked {
  readonly purpose: Purpose;
  readonly camera: string | null;
  readonly stream: StreamName | null;
  /** Absent for live, where the hub names the current window. */
  readonly writer: string | null;
}

/** To one question. */
interface Answer {
  readonly releases: Release[];
  readonly refused: RefusedKeys | undefined;
}

interface Pending {
  readonly asked: Asked;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

function answers(asked: Asked, release: Release): boolean {
  return (
    release.purpose === asked.purpose &&
    (asked.camera === null || release.camera === asked.camera) &&
    (asked.stream === null || release.stream === asked.stream) &&
    (asked.writer === null || release.writer === asked.writer)
  );
}

function refuses(asked: Asked, refused: RefusedKeys): boolean {
  return refused.purpose === asked.purpose && refused.camera === asked.camera && refused.stream === asked.stream;
}

/** A hub that says that a camera is not there says 404, as everywhere. */
function refusalError({ reason, why, since_us, until_us }: RefusedKeys): ApiError {
  const fields = { reason: why, since_us, until_us };
  return new ApiError(reason, reason === 'no_such_camera' ? 404 : 403, `no key: ${reason}`, fields);
}

function requestFor(batch: readonly Pending[]): KeysRequest {
  const request: KeysRequest = { live: [], recordings: [], exports: [] };
  for (const { asked } of batch) {
    const { camera, stream, writer } = asked;
    if (asked.purpose === 'export' && writer !== null) {
      request.exports.push(writer);
    } else if (camera === null || stream === null) {
      throw new TypeError('only an export is asked for by its writer alone');
    } else if (writer === null) {
      request.live.push({ camera, stream });
    } else if (asked.purpose === 'event') {
      request.events ??= [];
      const same = request.events.find((one) => one.camera === camera);
      if (same === undefined) request.events.push({ camera, pictures: [writer] });
      else same.pictures.push(writer);
    } else {
      const same = request.recordings.find((r) => r.camera === camera && r.stream === stream);
      if (same === undefined) request.recordings.push({ camera, stream, writers: [writer] });
      else same.writers.push(writer);
    }
  }
  return request;
}

/** The windows of one live stream: current, and next when it is known. Asks again in time. */
export class LiveKeys {
  #windows: WindowKey[] = [];
  #asking: Promise<void> | null = null;
  #askedMs = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #retryMs = RETRY_MS;
  #isClosed = false;

  constructor(
    readonly camera: string,
    readonly stream: StreamName,
    private readonly fetchWindows: () => Promise<{ windows: WindowKey[]; expiresUs: number | null }>,
    private readonly nowUs: () => number,
  ) {}

  /**
   * Windows to try, in this order: those of the newest answer, then the one that was current before
   * (its last fragments may still be on their way).
   * @throws ApiError, ReleaseError the hub released none.
   */
  async windows(): Promise<readonly WindowKey[]> {
    if (this.#windows.length === 0) await this.#ask();
    return this.#windows;
  }

  /** Ask for the current window again, at most once a second; whether there may be a new one. */
  async refresh(): Promise<boolean> {
    if (this.#asking === null && performance.now() - this.#askedMs < RETRY_MS) return false;
    await this.#ask();
    return true;
  }

  /** A new epoch has begun: ask at once, whenever the last question was. */
  renew(): void {
    if (this.#windows.length > 0) this.#ask().catch(() => undefined); // else the next `windows` asks
  }

  /** Forget the keys and stop asking. */
  close(): void {
    this.#isClosed = true;
    this.#windows = [];
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #ask(): Promise<void> {
    this.#asking ??= this.#fetch().finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  async #fetch(): Promise<void> {
    this.#askedMs = performance.now();
    const { windows, expiresUs } = await this.fetchWindows();
    if (this.#isClosed) return;
    const isNew = (key: WindowKey): boolean =>
      windows.every((other) => other.context.writer !== key.context.writer);
    const before = this.#windows.filter(isNew).slice(0, 1);
    this.#windows = [...windows, ...before];
    this.#retryMs = RETRY_MS;
    if (expiresUs !== null) this.#schedule((expiresUs - AHEAD_US - this.nowUs()) / 1000);
  }

  #schedule(delayMs: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    // Spread over two seconds, so that a wall of cameras does not ask in one instant.
    const waitMs = Math.max(RETRY_MS, delayMs) + Math.random() * 2000;
    this.#timer = setTimeout(() => {
      this.#ask().catch(() => {
        if (this.#isClosed) return;
        this.#retryMs = Math.min(2 * this.#retryMs, RETRY_MS_MAX);
        this.#schedule(this.#retryMs);
      });
    }, waitMs);
  }
}

export class Keyring {
  readonly #parts: KeyringParts;
  readonly #live = new Map<string, { keys: LiveKeys; users: number }>();
  readonly #recorded = new Lru<string, Promise<WindowKey>>(RECORDED_KEYS_MAX);
  #pending: Pending[] = [];
  #timer: ReturnType<typeof setTimeout> | null = null;
  #isClosed = false;

  constructor(parts: KeyringParts) {
    this.#parts = parts;
  }

  /** Keys of a live stream, shared by all its users; give them back with `releaseLive`. */
  live(camera: string, stream: StreamName): LiveKeys {
    const name = `${camera}/${stream}`;
    let entry = this.#live.get(name);
    if (entry === undefined) {
      const fetchWindows = () => this.#fetchLive(camera, stream);
      const keys = new LiveKeys(camera, stream, fetchWindows, this.#parts.nowUs);
      this.#live.set(name, (entry = { keys, users: 0 }));
    }
    entry.users += 1;
    return entry.keys;
  }

  /** A new epoch has begun: every live key is asked for anew. Recorded ones stay good. */
  renew(): void {
    for (const { keys } of this.#live.values()) keys.renew();
  }

  /** The counterpart of `live`. */
  releaseLive(keys: LiveKeys): void {
    const name = `${keys.camera}/${keys.stream}`;
    const entry = this.#live.get(name);
    if (entry === undefined || entry.keys !== keys) return;
    entry.users -= 1;
    if (entry.users > 0) return;
    entry.keys.close();
    this.#live.delete(name);
  }

  /**
   * The key of one recorded window. Ask for many at once: they travel together.
   * @throws ApiError, ReleaseError
   */
  recorded(camera: string, stream: StreamName, writer: string): Promise<WindowKey> {
    const name = `${camera}/${stream}/${writer}`;
    let key = this.#recorded.get(name);
    if (key === undefined) {
      key = this.#one({ purpose: 'rec', camera, stream, writer });
      this.#recorded.set(name, key);
      key.catch(() => this.#recorded.delete(name));
    }
    return key;
  }

  /**
   * The key of an event's picture. Ask for many at once: they travel together.
   * @throws ApiError 404 no_such_picture: it is gone; 404 no_such_camera, 403 not_granted, pin_needed, or
   *   suspended with the fields `reason`, `since_us` and `until_us`: refused; ReleaseError
   */
  async noticed(camera: string, picture: string): Promise<WindowKey> {
    const asked: Asked = { purpose: 'event', camera, stream: 'event', writer: picture };
    const { releases, refused } = await this.#ask(asked);
    if (refused !== undefined) throw refusalError(refused);
    const [release] = releases;
    if (release === undefined) throw new ApiError('no_such_picture', 404, 'there is no key for this picture');
    return this.#open(release, asked);
  }

  /**
   * The key of an export's pieces.
   * @param camera of the export, where it is known.
   * @throws ApiError, ReleaseError
   */
  exported(writer: string, camera: string | null): Promise<WindowKey> {
    return this.#one({ purpose: 'export', camera, stream: null, writer });
  }

  /** Forget every key; for the end of a session. */
  close(): void {
    this.#isClosed = true;
    for (const { keys } of this.#live.values()) keys.close();
    this.#live.clear();
    this.#recorded.clear();
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const { reject } of this.#pending) reject(new Error('the session has ended'));
    this.#pending = [];
  }

  async #one(asked: Asked): Promise<WindowKey> {
    const [release] = (await this.#ask(asked)).releases;
    if (release === undefined) throw new Error('the hub released no key for this recording');
    return this.#open(release, asked);
  }

  async #fetchLive(
    camera: string,
    stream: StreamName,
  ): Promise<{ windows: WindowKey[]; expiresUs: number | null }> {
    const purpose = stream === 'still' ? 'still' : 'live';
    const asked: Asked = { purpose, camera, stream, writer: null };
    const releases = (await this.#ask(asked)).releases.slice(0, 2);
    releases.sort((a, b) => Number(a.is_next) - Number(b.is_next));
    const windows = await Promise.all(releases.map((release) => this.#open(release, asked)));
    const last = releases.at(-1);
    if (last === undefined) throw new Error('the hub released no key: the stream has no picture yet');
    return { windows, expiresUs: last.expires_us };
  }

  #open(release: Release, asked: Asked): Promise<WindowKey> {
    const context: Context = {
      household: this.#parts.household,
      camera: asked.camera ?? release.camera,
      stream: asked.stream ?? release.stream,
      epoch: release.epoch,
      writer: asked.writer ?? release.writer,
    };
    const { device, deviceId } = this.#parts;
    return device.openRelease(release.wrapped, asked.purpose, context, deviceId);
  }

  #ask(asked: Asked): Promise<Answer> {
    if (this.#isClosed) return Promise.reject(new Error('the session has ended'));
    return new Promise((resolve, reject) => {
      this.#pending.push({ asked, resolve, reject });
      this.#timer ??= setTimeout(() => this.#flush(), BATCH_MS);
    });
  }

  #flush(): void {
    this.#timer = null;
    const waiting = this.#pending;
    this.#pending = [];
    for (let first = 0; first < waiting.length; first += BATCH_WINDOWS_MAX) {
      void this.#send(waiting.slice(first, first + BATCH_WINDOWS_MAX));
    }
  }

  async #send(batch: readonly Pending[]): Promise<void> {
    try {
      const { keys, refused } = await this.#parts.ask(requestFor(batch));
      for (const { asked, resolve } of batch) {
        const releases = keys.filter((release) => answers(asked, release));
        resolve({ releases, refused: releases.length > 0 ? undefined : refused.find((one) => refuses(asked, one)) });
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
