// One live stream, opened: sealed fragments of the socket in, `Opened` in the right order out. Chooses the
// key by the camera and stream that were asked for, watches sequence numbers, counts refusals.

import type { StreamName, StreamState } from '../api/types';
import type { Bytes } from '../seal/encoding';
import { Kind, readHeader } from '../seal/header';
import { type Expectation, open, type Opened, type Reason, Refusal } from '../seal/open';
import type { Keyring, LiveKeys } from './keyring';
import type { Refusals } from './refusals';
import type { LiveSocket, Watcher } from './socket';

/** Older pictures are refused; younger ones are shown with their age. A window lasts 60 s. */
export const LIVE_AGE_US_MAX = 120_000_000;
const QUEUE_FRAGMENTS_MAX = 512;
const QUEUE_BYTES_MAX = 48 * 1024 * 1024;
const WINDOWS_MAX = 4;
/** So many replays in a row are no late joining but somebody playing old pictures. */
const REPLAYS_MAX = 600;
/** INIT is asked for once more at most this often. */
const ASK_AGAIN_MS = 3000;
/** Refused because of the window: it may just have changed, and the key is asked for. */
const WINDOW_REASONS: readonly Reason[] = ['wrong_window', 'wrong_epoch'];

export interface FeedParts {
  readonly socket: LiveSocket;
  readonly keyring: Keyring;
  readonly refusals: Refusals;
  /** Wall time of the hub. */
  readonly nowUs: () => number;
}

export interface FeedSource {
  readonly camera: string;
  readonly stream: StreamName;
  readonly opaque: string;
}

/** What the player of a feed is told. */
export interface Listener {
  /** INIT, STILL and GOP in order, without holes, EVENT in between: after a loss the next one is a STILL. */
  opened(opened: Opened, receivedMs: number): void | Promise<void>;
  refused(reason: Reason): void;
  state(state: StreamState): void;
  skipped(count: number): void;
  forbidden(): void;
  connected(isConnected: boolean): void;
  /** No key could be had: the hub is away or has no picture yet. */
  keyless(): void;
}

/**
 * Try the windows of the camera and stream that were asked for, newest answer first; if the fragment is
 * of a window not known yet, ask the hub once for the current one. Never anybody else's keys.
 * @throws Refusal; or the reason why there is no key.
 */
export async function openInWindows(
  keys: LiveKeys,
  expectation: (writer: string) => Expectation,
  sealed: Bytes,
): Promise<Opened> {
  for (let attempt = 0; ; attempt++) {
    let refusal: Refusal | null = null;
    for (const key of await keys.windows()) {
      try {
        return await open(key, expectation(key.context.writer), sealed);
      } catch (error) {
        if (!(error instanceof Refusal) || !WINDOW_REASONS.includes(error.reason)) throw error;
        refusal ??= error;
      }
    }
    const mayHelp = attempt === 0 && (await keys.refresh());
    if (mayHelp) continue;
    throw refusal ?? new Error('the hub released no key');
  }
}

/** What may come next in one window. */
interface Progress {
  last: number;
}

export class Feed implements Watcher {
  readonly #parts: FeedParts;
  readonly #keys: LiveKeys;
  readonly #listener: Listener;
  readonly #unwatch: () => void;
  readonly #progress = new Map<string, Progress>();
  readonly #queue: { sealed: Bytes; receivedMs: number }[] = [];
  #queueBytes = 0;
  #isWorking = false;
  #isClosed = false;
  #needsStill: boolean;
  #replays = 0;
  readonly #isSound: boolean;
  readonly #source: FeedSource;
  #askedAgainMs = Number.NEGATIVE_INFINITY;

  constructor(parts: FeedParts, source: FeedSource, listener: Listener) {
    this.#parts = parts;
    this.#listener = listener;
    this.#source = source;
    this.#isSound = source.stream === 'audio';
    this.#needsStill = !this.#isSound;
    this.#keys = parts.keyring.live(source.camera, source.stream);
    // Ask for the key while INIT is on its way.
    this.#keys.windows().catch(() => undefined);
    this.#unwatch = parts.socket.watch(source.opaque, this);
  }

  close(): void {
    this.#isClosed = true;
    this.#unwatch();
    this.#queue.length = 0;
    this.#parts.keyring.releaseLive(this.#keys);
  }

  /** Skip to the next keyframe: the decoder lost its place. */
  restart(): void {
    this.#needsStill = !this.#isSound;
  }

  state(state: StreamState): void {
    this.#listener.state(state);
  }
  skipped(count: number): void {
    this.#listener.skipped(count);
  }
  forbidden(): void {
    this.#listener.forbidden();
  }
  connected(isConnected: boolean): void {
    this.#listener.connected(isConnected);
  }

  fragment(sealed: Bytes, receivedMs: number): void {
    if (this.#isClosed) return;
    this.#queue.push({ sealed, receivedMs });
    this.#queueBytes += sealed.length;
    if (this.#queue.length > QUEUE_FRAGMENTS_MAX || this.#queueBytes > QUEUE_BYTES_MAX) {
      this.#queue.length = 0;
      this.#queueBytes = 0;
      this.restart();
    }
    if (!this.#isWorking) void this.#work();
  }

  /** One fragment after the other: decoders need them in order. */
  async #work(): Promise<void> {
    this.#isWorking = true;
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        this.#queueBytes = Math.max(0, this.#queueBytes - next.sealed.length);
        await this.#take(next.sealed, next.receivedMs);
        if (this.#isClosed) return;
      }
    } finally {
      this.#isWorking = false;
    }
  }

  async #take(sealed: Bytes, receivedMs: number): Promise<void> {
    let opened: Opened;
    try {
      opened = await openInWindows(this.#keys, (writer) => this.#expectation(writer, sealed), sealed);
    } catch (error) {
      if (this.#isClosed) return;
      if (error instanceof Refusal) this.#refuse(error, sealed);
      else this.#listener.keyless();
      return;
    }
    if (this.#isClosed || !this.#follows(opened)) return;
    await this.#listener.opened(opened, receivedMs);
  }

  #expectation(writer: string, sealed: Bytes): Expectation {
    // What the fragment says it is only selects which rule it must satisfy.
    if (kindOf(sealed) === Kind.INIT) return { kinds: [Kind.INIT], sequenceMin: 0, sequenceMax: 0 };
    const last = this.#progress.get(writer)?.last ?? 0;
    return {
      kinds: this.#source.stream === 'still' ? [Kind.STILL, Kind.THUMB] : [Kind.STILL, Kind.GOP, Kind.EVENT],
      sequenceMin: last + 1,
      nowUs: this.#parts.nowUs(),
      ageUsMax: LIVE_AGE_US_MAX,
    };
  }

  #refuse(refusal: Refusal, sealed: Bytes): void {
    if (WINDOW_REASONS.includes(refusal.reason)) return; // late fragments of a window that is over
    if (refusal.reason === 'replayed') {
      // Watching again brings the newest GOP again; what was shown already is just left out.
      this.#replays += 1;
      if (this.#replays !== REPLAYS_MAX) return;
    }
    this.#parts.refusals.add(refusal, sealed);
    if (refusal.reason === 'tampered' || refusal.reason === 'malformed') this.restart();
    this.#listener.refused(refusal.reason);
  }

  #askAgain(): void {
    const now = performance.now();
    if (now - this.#askedAgainMs < ASK_AGAIN_MS) return;
    this.#askedAgainMs = now;
    this.#parts.socket.again(this.#source.opaque);
  }

  /** Whether the player can use a fragment: nothing may be missing between keyframe and picture. */
  #follows(opened: Opened): boolean {
    const { writer } = opened.context;
    if (opened.kind === Kind.INIT) {
      if (!this.#progress.has(writer)) this.#progress.set(writer, { last: 0 });
      for (const oldest of this.#progress.keys()) {
        if (this.#progress.size <= WINDOWS_MAX) break;
        this.#progress.delete(oldest);
      }
      return true;
    }
    const progress = this.#progress.get(writer);
    if (progress === undefined) {
      this.#askAgain(); // its INIT was lost or refused: without it nothing can be decoded
      return false;
    }
    this.#replays = 0;
    const isNext = opened.sequence === progress.last + 1;
    progress.last = opened.sequence;
    if (this.#isSound) return true;
    if (opened.kind === Kind.STILL || opened.kind === Kind.THUMB) this.#needsStill = false;
    else if (!isNext) this.#needsStill = true;
    return !this.#needsStill;
  }
}

function kindOf(sealed: Bytes): number | null {
  try {
    return readHeader(sealed).kind;
  } catch {
    return null; // `open` will say so
  }
}
