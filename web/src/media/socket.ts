// The one live WebSocket of the page (design/wire.md, section 5): who watches what, reconnecting, and how
// congested the way is. It passes sealed fragments on and can open none.

import { type Bytes, toHex } from '../seal/encoding';
import type { StreamState } from '../api/types';

export const SUBPROTOCOL = 'keepsight.live.1';
const OPAQUE_BYTES = 16;
const WATCHED_MAX = 64;
const RETRY_MS_MIN = 500;
const RETRY_MS_MAX = 15_000;
/** The door pings every 5 s; after this long without a word the connection is dead. */
const SILENCE_MS_MAX = 17_000;
/** A hidden page keeps watching this long, so that switching tabs back and forth costs nothing. */
const HIDDEN_MS = 10_000;
/** Old names of streams that are remembered; the oldest is forgotten. */
const RENAMED_MAX = 4096;
const CLOSE_SESSION_ENDED = 4001;
const CLOSE_NOT_PERMITTED = 4003;

/** What a watcher of one stream is told. */
export interface Watcher {
  fragment(sealed: Bytes, receivedMs: number): void;
  /** What the camera's stream is doing, by the hub. */
  state(state: StreamState): void;
  /** This viewer is too slow: so many fragments were left out. */
  skipped(count: number): void;
  /** This session may not watch the stream. */
  forbidden(): void;
  /** The connection was lost (false) or is there and the stream asked for (true). */
  connected(isConnected: boolean): void;
}

export type SocketEnd = 'session_ended' | 'not_permitted';

export interface SocketParts {
  readonly url: string;
  readonly connect?: (url: string, protocol: string) => WebSocket;
  /** The session is over: no reconnection. */
  readonly ended?: (why: SocketEnd) => void;
  /** Streams may have other names now (a new epoch): find them out and call `rename`. */
  readonly renewed?: () => void;
}

/** The `/live` address next to the page's own. */
export function liveUrl(location: Pick<Location, 'protocol' | 'host'>): string {
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/live`;
}

export class LiveSocket {
  readonly #parts: SocketParts;
  readonly #watchers = new Map<string, Set<Watcher>>();
  #socket: WebSocket | null = null;
  #isOpen = false;
  #isHidden = false;
  #isClosed = false;
  /** What the door knows this page watches. */
  #asked: readonly string[] = [];
  /** Streams that somebody began to watch since: they need INIT, so they are asked for anew. */
  readonly #fresh = new Set<string>();
  /** Every name that a stream had before, and the one it has now. */
  readonly #renamed = new Map<string, string>();
  #wasOpen = false;
  #isSending = false;
  #retryMs = RETRY_MS_MIN;
  #retryTimer: ReturnType<typeof setTimeout> | null = null;
  #silenceTimer: ReturnType<typeof setTimeout> | null = null;
  #hiddenTimer: ReturnType<typeof setTimeout> | null = null;
  /** Least and latest difference between this page's clock and the door's, at a ping. */
  #pingOffsetMs: number | null = null;
  #delayMs = 0;

  constructor(parts: SocketParts) {
    this.#parts = parts;
    if (typeof document !== 'undefined') {
      document.addEventListener('visibilitychange', this.#onVisibility);
    }
  }

  /** How much longer than at best the newest ping took: data waits in front of this viewer. */
  get delayMs(): number {
    return this.#delayMs;
  }

  /** Watch a stream by its opaque id until the returned function is called. */
  watch(name: string, watcher: Watcher): () => void {
    const opaque = this.nameNow(name);
    let watchers = this.#watchers.get(opaque);
    if (watchers === undefined) this.#watchers.set(opaque, (watchers = new Set()));
    watchers.add(watcher);
    this.#fresh.add(opaque);
    this.#update();
    return () => {
      const now = this.nameNow(opaque);
      const left = this.#watchers.get(now);
      if (!left?.delete(watcher)) return;
      if (left.size === 0) this.#watchers.delete(now);
      this.#update();
    };
  }

  /** Have the door send INIT and the newest group of a stream once more. */
  again(name: string): void {
    const opaque = this.nameNow(name);
    if (!this.#watchers.has(opaque)) return;
    this.#fresh.add(opaque);
    this.#update();
  }

  /** The name that a stream has now, by any name that it had. */
  nameNow(opaque: string): string {
    return this.#renamed.get(opaque) ?? opaque;
  }

  /** Streams have other names now; who watches one goes on watching it. */
  rename(names: ReadonlyMap<string, string>): void {
    for (const [before, now] of names) {
      if (before === now) continue;
      for (const [older, name] of this.#renamed) if (name === before) this.#renamed.set(older, now);
      this.#renamed.set(before, now);
      this.#renamed.delete(now);
      const watchers = this.#watchers.get(before);
      if (watchers === undefined) continue;
      this.#watchers.delete(before);
      this.#watchers.set(now, new Set([...(this.#watchers.get(now) ?? []), ...watchers]));
      this.#fresh.add(now);
    }
    for (const oldest of this.#renamed.keys()) {
      if (this.#renamed.size <= RENAMED_MAX) break;
      this.#renamed.delete(oldest);
    }
    this.#update();
  }

  /** Close for good. */
  close(): void {
    this.#isClosed = true;
    this.#watchers.clear();
    for (const timer of [this.#retryTimer, this.#silenceTimer, this.#hiddenTimer]) {
      if (timer !== null) clearTimeout(timer);
    }
    if (typeof document !== 'undefined') {
      document.removeEventListener('visibilitychange', this.#onVisibility);
    }
    this.#socket?.close();
    this.#socket = null;
  }

  #onVisibility = (): void => {
    if (this.#hiddenTimer !== null) clearTimeout(this.#hiddenTimer);
    if (document.visibilityState === 'hidden') {
      this.#hiddenTimer = setTimeout(() => this.#setHidden(true), HIDDEN_MS);
    } else {
      this.#setHidden(false);
    }
  };

  #setHidden(isHidden: boolean): void {
    this.#isHidden = isHidden;
    if (!isHidden && this.#retryTimer !== null) {
      clearTimeout(this.#retryTimer); // somebody looks: do not let them wait for the next attempt
      this.#retryTimer = null;
    }
    this.#update();
  }

  /** Connect if somebody watches, and send the set; once for all changes of this turn. */
  #update(): void {
    if (this.#isSending || this.#isClosed) return;
    this.#isSending = true;
    queueMicrotask(() => {
      this.#isSending = false;
      if (this.#isClosed) return;
      if (this.#socket === null && this.#retryTimer === null) {
        if (this.#watchers.size > 0 && !this.#isHidden) this.#connect();
      } else {
        this.#sendWatched();
      }
    });
  }

  #sendWatched(): void {
    if (!this.#isOpen) return;
    const wanted = this.#isHidden ? [] : [...this.#watchers.keys()].slice(0, WATCHED_MAX);
    const kept = this.#asked.filter((opaque) => wanted.includes(opaque) && !this.#fresh.has(opaque));
    // The door sends INIT when a stream enters the set: one that is in it already leaves it first.
    if (this.#asked.some((opaque) => wanted.includes(opaque) && this.#fresh.has(opaque))) this.#ask(kept);
    const isSame = wanted.length === this.#asked.length && wanted.every((o) => this.#asked.includes(o));
    if (!isSame) this.#ask(wanted);
    this.#fresh.clear();
  }

  #ask(watch: readonly string[]): void {
    this.#asked = watch;
    this.#socket?.send(JSON.stringify({ watch }));
  }

  #connect(): void {
    const connect = this.#parts.connect ?? ((url, protocol) => new WebSocket(url, protocol));
    const socket = connect(this.#parts.url, SUBPROTOCOL);
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    this.#pingOffsetMs = null;
    this.#expectWord();
    socket.onopen = () => {
      if (socket !== this.#socket) return;
      this.#isOpen = true;
      this.#asked = [];
      this.#retryMs = RETRY_MS_MIN;
      this.#tellAll((watcher) => watcher.connected(true));
      this.#sendWatched();
      if (this.#wasOpen) this.#parts.renewed?.(); // it may have happened while we were away
      this.#wasOpen = true;
    };
    socket.onmessage = (event: MessageEvent<unknown>) => {
      if (socket !== this.#socket) return;
      this.#expectWord();
      if (event.data instanceof ArrayBuffer) this.#onBinary(new Uint8Array(event.data));
      else if (typeof event.data === 'string') this.#onText(event.data);
    };
    socket.onclose = (event) => {
      if (socket === this.#socket) this.#onClose(event.code);
    };
  }

  #expectWord(): void {
    if (this.#silenceTimer !== null) clearTimeout(this.#silenceTimer);
    this.#silenceTimer = setTimeout(() => {
      const socket = this.#socket;
      this.#onClose(1006); // the browser may take minutes to notice by itself
      socket?.close();
    }, SILENCE_MS_MAX);
  }

  #onClose(code: number): void {
    this.#socket = null;
    this.#isOpen = false;
    this.#delayMs = 0;
    if (this.#silenceTimer !== null) clearTimeout(this.#silenceTimer);
    if (this.#isClosed) return;
    this.#tellAll((watcher) => watcher.connected(false));
    if (code === CLOSE_SESSION_ENDED || code === CLOSE_NOT_PERMITTED) {
      this.close();
      this.#parts.ended?.(code === CLOSE_SESSION_ENDED ? 'session_ended' : 'not_permitted');
      return;
    }
    const waitMs = this.#retryMs * (0.5 + Math.random());
    this.#retryMs = Math.min(2 * this.#retryMs, RETRY_MS_MAX);
    this.#retryTimer = setTimeout(() => {
      this.#retryTimer = null;
      this.#update();
    }, waitMs);
  }

  #tellAll(tell: (watcher: Watcher) => void): void {
    for (const watchers of [...this.#watchers.values()]) for (const watcher of [...watchers]) tell(watcher);
  }

  #tell(opaque: unknown, tell: (watcher: Watcher) => void): void {
    if (typeof opaque !== 'string') return;
    for (const watcher of [...(this.#watchers.get(opaque) ?? [])]) tell(watcher);
  }

  #onBinary(message: Bytes): void {
    if (message.length < OPAQUE_BYTES) return;
    const receivedMs = performance.now();
    const sealed = message.subarray(OPAQUE_BYTES);
    this.#tell(toHex(message.subarray(0, OPAQUE_BYTES)), (w) => w.fragment(sealed, receivedMs));
  }

  #onText(text: string): void {
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch {
      return; // nothing the door says in text is needed to keep a picture right
    }
    if (typeof message !== 'object' || message === null) return;
    const fields = message as Record<string, unknown>;
    if (typeof fields['ping'] === 'number') this.#onPing(fields['ping']);
    if (typeof fields['state'] === 'string') {
      const state = fields['state'] as StreamState;
      this.#tell(fields['stream'], (watcher) => watcher.state(state));
    }
    if (typeof fields['skipped'] === 'number') {
      const count = fields['skipped'];
      this.#tell(fields['stream'], (watcher) => watcher.skipped(count));
    }
    if (fields['renewed'] === true) {
      this.#asked = []; // the door watches nothing for us any more
      this.#parts.renewed?.();
    }
    if ('refused' in fields) this.#parts.renewed?.(); // an old name, perhaps
    if ('refused' in fields) this.#tell(fields['refused'], (watcher) => watcher.forbidden());
  }

  #onPing(serverMs: number): void {
    this.#socket?.send(JSON.stringify({ pong: serverMs }));
    const offsetMs = performance.now() - serverMs;
    this.#pingOffsetMs = Math.min(this.#pingOffsetMs ?? offsetMs, offsetMs);
    this.#delayMs = offsetMs - this.#pingOffsetMs;
  }
}

