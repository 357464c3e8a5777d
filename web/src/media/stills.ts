// Sealed stills of one stream, asked for one after the other: what a poor network can still carry.
// Fetched, opened and passed on like live pictures; never another camera's, and never without their age.

import type { ApiClient } from '../api/client';
import type { StreamState } from '../api/types';
import { splitFragments } from '../seal/header';
import { Kind } from '../seal/header';
import { type Opened, type Reason, Refusal } from '../seal/open';
import { type FeedSource, LIVE_AGE_US_MAX, openInWindows } from './feed';
import type { Keyring, LiveKeys } from './keyring';
import type { Refusals } from './refusals';

const PAUSE_MS = 2000;
const PAUSE_MS_MAX = 10_000;
const TIMEOUT_MS = 15_000;

export interface StillParts {
  readonly api: Pick<ApiClient, 'still'>;
  readonly keyring: Keyring;
  readonly refusals: Refusals;
  readonly nowUs: () => number;
}

export interface StillListener {
  /** INIT, then the STILL it belongs to, or a masked picture (THUMB) that needs none. */
  opened(opened: Opened, receivedMs: number): void | Promise<void>;
  refused(reason: Reason): void;
  /** What the camera is doing, where there is no picture. */
  state(state: StreamState): void;
}

export class Stills {
  readonly #parts: StillParts;
  readonly #source: FeedSource;
  readonly #listener: StillListener;
  readonly #keys: LiveKeys;
  readonly #ended = new AbortController();
  #shownUs = 0;

  constructor(parts: StillParts, source: FeedSource, listener: StillListener) {
    this.#parts = parts;
    this.#source = source;
    this.#listener = listener;
    this.#keys = parts.keyring.live(source.camera, source.stream);
    void this.#run();
  }

  close(): void {
    this.#ended.abort();
    this.#parts.keyring.releaseLive(this.#keys);
  }

  async #run(): Promise<void> {
    const { signal } = this.#ended;
    let pauseMs = PAUSE_MS;
    while (!signal.aborted) {
      const startMs = performance.now();
      const isNew = await this.#once().catch(() => false);
      // A slow answer says how often the way can carry one.
      const tookMs = performance.now() - startMs;
      pauseMs = isNew ? Math.max(PAUSE_MS, tookMs) : Math.min(pauseMs * 1.5, PAUSE_MS_MAX);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(pauseMs, PAUSE_MS_MAX));
        signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
      });
    }
  }

  /** Whether there was a picture newer than the one before. */
  async #once(): Promise<boolean> {
    const signal = AbortSignal.any([this.#ended.signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const body = await this.#parts.api.still(this.#source.opaque, signal);
    if (!(body instanceof Uint8Array)) {
      if (body === 'hidden' && !signal.aborted) this.#listener.state(body);
      return false;
    }
    const [init, still] = splitFragments(body, 2);
    if (init === undefined || still === undefined) return false;
    const open = async (sealed: typeof init, ...kinds: Kind[]): Promise<Opened | null> => {
      const isInit = kinds[0] === Kind.INIT;
      const expected = {
        kinds,
        ...(isInit ? { sequenceMax: 0 } : { nowUs: this.#parts.nowUs(), ageUsMax: LIVE_AGE_US_MAX }),
      };
      try {
        return await openInWindows(this.#keys, () => expected, sealed);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        this.#parts.refusals.add(error, sealed);
        if (!signal.aborted) this.#listener.refused(error.reason);
        return null;
      }
    };
    const openedInit = await open(init, Kind.INIT);
    const opened = openedInit === null ? null : await open(still, Kind.STILL, Kind.THUMB);
    if (openedInit === null || opened === null || signal.aborted) return false;
    if (opened.context.writer !== openedInit.context.writer || opened.wallUs <= this.#shownUs) return false;
    this.#shownUs = opened.wallUs;
    await this.#listener.opened(openedInit, performance.now());
    await this.#listener.opened(opened, performance.now());
    return true;
  }
}
