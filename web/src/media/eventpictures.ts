// Pictures of events: asked for by camera and id, opened with the key of exactly that window, and kept in
// memory as blob URLs for a while. What is asked for last comes first: it is what somebody looks at.

import { ApiError, type ApiClient } from '../api/client';
import type { Bytes } from '../seal/encoding';
import { HeaderError, Kind, splitFragments } from '../seal/header';
import { open, Refusal } from '../seal/open';
import type { Keyring } from './keyring';
import { Lru } from './lru';
import type { Refusals } from './refusals';

/** Each is at most 256 KiB. */
const KEPT_MAX = 256;
/** Fetched at the same time. */
const FETCHES_MAX = 6;
/** Asked for and not yet begun; older questions are given up. */
const WAITING_MAX = 512;
const JPEG = [0xff, 0xd8, 0xff];

export interface EventPicturesParts {
  readonly api: Pick<ApiClient, 'recorded'>;
  readonly keyring: Pick<Keyring, 'noticed'>;
  readonly refusals: Pick<Refusals, 'add'>;
  /** The door's name of a camera's stream of event pictures. */
  readonly nameOf: (camera: string) => Promise<string>;
}

interface Job {
  readonly camera: string;
  readonly picture: string;
  readonly signals: AbortSignal[];
  readonly resolve: (url: string) => void;
  readonly reject: (error: unknown) => void;
  readonly url: Promise<string>;
  readonly key: ReturnType<Keyring['noticed']>;
}

/** The same, for somebody who may stop waiting. */
function unless<Value>(signal: AbortSignal, promise: Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

function broken(message: string): ApiError {
  return new ApiError('broken_picture', 200, message);
}

/** A picture whose key the hub has, and whose file it has not. */
function unlessLost(error: unknown): never {
  throw error instanceof ApiError && error.status === 404 ? broken('its file is missing') : error;
}

function only(body: Bytes): Bytes {
  try {
    const [sealed] = splitFragments(body, 1);
    if (sealed !== undefined) return sealed;
  } catch (error) {
    if (!(error instanceof HeaderError)) throw error;
    throw broken(error.message);
  }
  throw broken('its file is empty');
}

export class EventPictures {
  readonly #kept = new Lru<string, string>(KEPT_MAX, (url) => URL.revokeObjectURL(url));
  /** Waiting or on their way, by camera and picture. */
  readonly #jobs = new Map<string, Job>();
  #waiting: Job[] = [];
  #fetching = 0;
  readonly #ended = new AbortController();

  constructor(private readonly parts: EventPicturesParts) {}

  /**
   * A picture as a blob URL of this page. Ask for many at once: their keys travel together.
   * @throws ApiError 404 no_such_picture: it is gone; with the reasons of `Keyring.noticed`: its key is
   *   refused; broken_picture: its file is missing, or what lies in it is none; ReleaseError; Refusal; AbortError
   */
  url(camera: string, picture: string, signal: AbortSignal): Promise<string> {
    const name = `${camera}/${picture}`;
    const kept = this.#kept.get(name);
    if (kept !== undefined) return Promise.resolve(kept);
    const job = this.#jobs.get(name) ?? this.#begin(name, camera, picture);
    job.signals.push(signal);
    this.#next();
    return unless(signal, job.url);
  }

  /** Forget every picture: the session is over. */
  close(): void {
    this.#ended.abort();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const job of waiting) job.reject(this.#ended.signal.reason);
    this.#kept.clear();
  }

  #begin(name: string, camera: string, picture: string): Job {
    let resolve: Job['resolve'] = () => undefined;
    let reject: Job['reject'] = () => undefined;
    const url = new Promise<string>((keep, fail) => ([resolve, reject] = [keep, fail]));
    const key = this.parts.keyring.noticed(camera, picture);
    key.catch(() => undefined); // said where the picture is opened
    const job: Job = { camera, picture, signals: [], resolve, reject, url, key };
    this.#jobs.set(name, job);
    const forget = (): void => void this.#jobs.delete(name);
    url.then(forget, forget);
    this.#waiting.push(job);
    for (const old of this.#waiting.splice(0, this.#waiting.length - WAITING_MAX)) {
      old.reject(new DOMException('something else is looked at now', 'AbortError'));
    }
    return job;
  }

  /** Begin what was asked for last, as far as there is room. What nobody wants any more is left out. */
  #next(): void {
    while (this.#fetching < FETCHES_MAX) {
      const job = this.#waiting.pop();
      if (job === undefined) return;
      if (job.signals.every((signal) => signal.aborted)) {
        job.reject(new DOMException('nobody waits for it', 'AbortError'));
        continue;
      }
      this.#fetching += 1;
      void this.#run(job).finally(() => {
        this.#fetching -= 1;
        this.#next();
      });
    }
  }

  async #run(job: Job): Promise<void> {
    try {
      const url = URL.createObjectURL(await this.#open(job));
      if (this.#ended.signal.aborted) {
        URL.revokeObjectURL(url);
        throw this.#ended.signal.reason;
      }
      this.#kept.set(`${job.camera}/${job.picture}`, url);
      job.resolve(url);
    } catch (error) {
      job.reject(error);
    }
  }

  async #open(job: Job): Promise<Blob> {
    const { api, nameOf, refusals } = this.parts;
    const fetched = nameOf(job.camera).then((opaque) => api.recorded(opaque, job.picture, 0, 0, this.#ended.signal));
    fetched.catch(() => undefined); // said below
    // First the key: where it is refused the sealed picture is too, but without a word why.
    const key = await job.key;
    const sealed = only(await fetched.catch(unlessLost));
    try {
      const { payload } = await open(key, { kinds: [Kind.THUMB], sequenceMin: 0, sequenceMax: 0 }, sealed);
      if (JPEG.some((byte, nth) => payload[nth] !== byte)) throw broken('this is no picture');
      return new Blob([payload], { type: 'image/jpeg' });
    } catch (error) {
      if (error instanceof Refusal) refusals.add(error, sealed);
      throw error;
    }
  }
}
