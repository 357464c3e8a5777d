// One live picture in one container. Chooses the stream, opens it (feed.ts), shows it (screen.ts, mse.ts),
// falls back to the sub stream for a codec and to sealed stills for a poor network, and says at any time
// what is on screen and how old it is.
// It runs on the page's own thread: WebCrypto and decoders have threads of the browser; what is left here
// is reading boxes.

import type { ApiClient } from '../api/client';
import type { Camera, StreamState } from '../api/types';
import { Kind } from '../seal/header';
import type { Opened, Reason } from '../seal/open';
import { Feed, type Listener } from './feed';
import { FormatError, parseFragment, parseInit, type VideoTrack } from './isobmff';
import type { Keyring } from './keyring';
import { Breaks, LiveSources, whileTrue } from './livesources';
import { type LiveReport, REFUSED_MS_MIN, Reporter, type StreamChoice, wantedStream } from './livestate';
import { Marks } from './marks';
import { NetworkJudge } from './network';
import type { Refusals } from './refusals';
import { type LiveScreen, type ScreenEvents, screenFor, type Shown } from './screen';
import { Sights } from './sights';
import type { LiveSocket } from './socket';
import { LiveSound } from './livesound';
import type { Speaker } from './sound';
import { Stills } from './stills';
import { ThumbError, ThumbScreen } from './thumbscreen';

const TICK_MS = 500;
const FORBIDDEN_MS = 5000;
/** A machine that is too slow for main so often gets sub, unless main was asked for. */
const OVERWHELMED_MAX = 3;

/** What every player of a page shares. */
export interface LiveParts {
  readonly api: Pick<ApiClient, 'still'>;
  readonly socket: LiveSocket;
  readonly keyring: Keyring;
  readonly refusals: Refusals;
  readonly speaker: Speaker;
  /** Wall time of the hub. */
  readonly nowUs: () => number;
}

export class LivePlayer {
  readonly marks = new Marks();
  readonly sights = new Sights();
  readonly #parts: LiveParts;
  readonly #sources: LiveSources;
  readonly #container: HTMLElement;
  readonly #reporter: Reporter;
  readonly #judge = new NetworkJudge();
  readonly #screenEvents: ScreenEvents = {
    shown: (shown) => this.#onShown(shown),
    broken: () => this.#onBroken(),
    overwhelmed: () => this.#onOverwhelmed(),
  };
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #resized: ResizeObserver;
  #choice: StreamChoice;
  #stream: 'main' | 'sub' = 'main';
  #feed: Feed | null = null;
  #stills: Stills | null = null;
  /** Told by the feed and the stills in use; what closed ones still say is not heard. */
  #liveListener: Listener | null = null;
  #stillListener: Listener | null = null;
  /** INIT of the live stream while stills are on screen. */
  #trialInit: Opened | null = null;
  /** INIT of a still that has not come yet. */
  #stillInit: Opened | null = null;
  #sound: LiveSound | null = null;
  #screen: LiveScreen | null = null;
  #track: VideoTrack | null = null;
  /** Streams whose codec this browser does not decode. */
  readonly #undecodable = new Set<'main' | 'sub'>();
  readonly #breaks = new Breaks();
  /** How often this machine was too slow for main. */
  #overwhelmed = 0;
  #shown: Shown | null = null;
  #refused: { reason: Reason; atMs: number } | null = null;
  #isForbidden = false;
  #isConnected = true;
  #waitingSinceMs = performance.now();
  #cameraState: StreamState | null = null;
  #isClosed = false;

  constructor(
    parts: LiveParts,
    camera: Camera,
    container: HTMLElement,
    choice: StreamChoice,
    report: (report: LiveReport) => void,
  ) {
    this.#parts = parts;
    this.#sources = new LiveSources(camera);
    this.#container = container;
    this.#choice = choice;
    this.#reporter = new Reporter(report);
    this.#resized = new ResizeObserver(() => this.#follow());
    this.#resized.observe(container);
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#stream = this.#wanted();
    this.#watch();
    this.#say();
  }

  /** Which stream to show; `auto` goes by the size of the container. */
  setStream(choice: StreamChoice): void {
    if (choice === this.#choice) return;
    this.#choice = choice;
    this.#undecodable.clear(); // asked for anew: try anew
    this.#overwhelmed = 0;
    this.#follow();
  }

  /** Sound of the main stream. Call it from a click: browsers start sound only then. */
  setMuted(isMuted: boolean): void {
    const source = this.#sources.of('audio');
    if (isMuted) this.#sound?.close();
    this.#sound = isMuted || source === null ? null : (this.#sound ?? new LiveSound(this.#parts, source));
  }

  /** The picture on screen as PNG. */
  snapshot(): Promise<Blob> {
    if (this.#screen === null || this.#shown === null || this.#refused !== null) {
      return Promise.reject(new Error('there is no picture to keep'));
    }
    return this.#screen.snapshot();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#resized.disconnect();
    this.#unwatch();
    this.sights.clear();
    this.#sound?.close();
    this.#screen?.close();
    this.#screen = null;
  }

  // --- which stream, which way ----------------------------------------------------------------

  #wanted(): 'main' | 'sub' {
    return wantedStream({
      choice: this.#choice,
      canMain: !this.#undecodable.has('main'),
      canSub: this.#sources.of('sub') !== null && !this.#undecodable.has('sub'),
      isOverwhelmed: this.#overwhelmed >= OVERWHELMED_MAX,
      pixels: this.#container.clientWidth * (globalThis.devicePixelRatio || 1),
    });
  }

  /** Change to the stream that is wanted now; the picture stays until the first of the new one. */
  #follow(): void {
    const wanted = this.#wanted();
    if (wanted === this.#stream || this.#isClosed) return;
    this.#stream = wanted;
    this.#cameraState = null;
    this.#again();
    this.#say();
  }

  #watch(): void {
    const { way } = this.#judge;
    if (this.#sources.isStillOnly) {
      const still = this.#sources.of('still');
      if (still !== null) this.#feed ??= new Feed(this.#parts, still, this.#listener('live'));
      return;
    }
    if (way !== 'live' && this.#stills === null) {
      const source = this.#sources.stills;
      if (this.#sources.isMasked && source === null) this.#cameraState = 'hidden';
      if (source !== null) this.#stills = new Stills(this.#parts, source, this.#listener('stills'));
    }
    if (way !== 'stills' && this.#feed === null) {
      const source = this.#sources.of(this.#stream);
      if (source === null) return;
      this.marks.asked();
      this.#feed = new Feed(this.#parts, source, this.#listener('live'));
    }
  }

  #unwatch(): void {
    this.#feed?.close();
    this.#feed = null;
    this.#stills?.close();
    this.#stills = null;
    this.#liveListener = this.#stillListener = null;
  }

  #again(): void {
    this.#unwatch();
    this.#watch();
  }

  /** Follow the judge: live, stills, or live tried behind stills. */
  #turn(): void {
    const { way } = this.#judge;
    if (this.#sources.isStillOnly) return; // there is nothing smaller to turn to
    if (way === 'live' && this.#stills !== null) {
      this.#stills.close();
      this.#stills = null;
      this.#stillListener = null;
      this.#feed?.restart(); // what was tried went unseen: begin at the next keyframe
      const init = this.#trialInit;
      this.#trialInit = null;
      if (init !== null) void this.#take(init, performance.now(), 'live');
    }
    if (way === 'stills' && this.#feed !== null) {
      this.#feed.close();
      this.#feed = null;
      this.#liveListener = null;
    }
    this.#watch();
  }

  #tick(): void {
    const before = this.#judge.way;
    if (this.#judge.tick(performance.now(), this.#parts.socket.delayMs) !== before) this.#turn();
    this.#say();
  }

  // --- pictures -------------------------------------------------------------------------------

  #listener(way: 'live' | 'stills'): Listener {
    const isOurs = (): boolean =>
      !this.#isClosed && (way === 'live' ? this.#liveListener : this.#stillListener) === listener;
    const ifOurs = <A extends unknown[]>(tell: (...values: A) => void) => whileTrue(isOurs, tell);
    const listener: Listener = {
      opened: async (opened, receivedMs) => {
        if (!isOurs()) return;
        if (way === 'live' && this.#judge.way === 'trial' && !this.#sources.isStillOnly) this.#try(opened);
        else await this.#take(opened, receivedMs, way);
      },
      refused: ifOurs((reason: Reason) => this.#refuse(reason)),
      state: ifOurs((state: StreamState) => {
        this.#cameraState = state;
        this.#say();
      }),
      skipped: ifOurs(() => {
        const before = this.#judge.way;
        if (this.#judge.skipped(performance.now()) !== before) this.#turn();
      }),
      forbidden: ifOurs(() => {
        this.#isForbidden = true;
        this.#clear();
        // A camera added a moment ago is not yet on the door's list: ask again.
        setTimeout(ifOurs(() => this.#again()), FORBIDDEN_MS);
      }),
      connected: ifOurs((isConnected: boolean) => {
        if (!isConnected) this.#waitingSinceMs = performance.now();
        this.#isConnected = isConnected;
        this.#say();
      }),
      keyless: ifOurs(() => this.#say()),
    };
    if (way === 'live') this.#liveListener = listener;
    else this.#stillListener = listener;
    return listener;
  }

  /** Live again, behind the stills: counted and not shown. */
  #try(opened: Opened): void {
    if (opened.kind === Kind.INIT) this.#trialInit = opened;
    else if (opened.kind !== Kind.EVENT) this.#judge.picture();
  }

  async #take(opened: Opened, receivedMs: number, way: 'live' | 'stills'): Promise<void> {
    const isStill = way === 'stills' || this.#sources.isStillOnly;
    try {
      if (opened.kind === Kind.INIT) {
        this.#isForbidden = false;
        this.marks.init(receivedMs);
        // What follows it may be a masked picture, which needs neither a track nor a decoder for one.
        if (isStill) this.#stillInit = opened;
        else await this.#begin(opened);
        return;
      }
      if (opened.kind === Kind.EVENT) {
        if (this.#refused === null) this.sights.take(opened.payload, this.#shown?.wallUs ?? null);
        return;
      }
      if (isStill) await this.#prepare(opened);
      if (this.#screen === null || (this.#track === null && opened.kind !== Kind.THUMB)) return;
      if (opened.kind === Kind.STILL || opened.kind === Kind.THUMB) {
        this.marks.still(receivedMs);
        // A keyframe that proved whose it is ends a refusal, after a time to notice it.
        if (this.#refused !== null && receivedMs - this.#refused.atMs > REFUSED_MS_MIN) this.#refused = null;
      }
      if (this.#refused !== null) return;
      if (this.#screen instanceof ThumbScreen) await this.#screen.show(opened, receivedMs);
      else this.#screen.push(opened, parseFragment(opened.payload), receivedMs, isStill);
    } catch (error) {
      if (!(error instanceof FormatError || error instanceof ThumbError)) throw error;
      this.#onBroken();
    }
  }

  /** The screen that a still needs. */
  async #prepare(still: Opened): Promise<void> {
    if (this.#cameraState === 'hidden') this.#cameraState = null;
    const init = this.#stillInit;
    if (still.kind !== Kind.THUMB) {
      this.#stillInit = null;
      if (init !== null) await this.#begin(init);
    } else if (!(this.#screen instanceof ThumbScreen)) {
      this.#screen?.close();
      this.#screen = new ThumbScreen(this.#screenEvents);
      this.#track = null;
      this.#container.append(this.#screen.element);
    }
  }

  async #begin(init: Opened): Promise<void> {
    const track = parseInit(init.payload).find((one) => one.kind === 'video');
    if (track === undefined) return;
    const before = this.#screen;
    if (before === null || !(await before.begin(track, init))) {
      const screen = await screenFor(track, this.#screenEvents);
      if (this.#isClosed) return;
      if (screen === null || !(await screen.begin(track, init))) {
        screen?.close();
        this.#cannotDecode();
        return;
      }
      before?.close();
      this.#screen = screen;
      this.#container.append(screen.element);
    }
    this.#track = track;
  }

  #cannotDecode(): void {
    this.#undecodable.add(this.#stream);
    const [before, wanted] = [this.#stream, this.#wanted()];
    if (wanted === before) this.#clear();
    // The feed that called us is being closed in its own turn; start the other one in the next.
    else queueMicrotask(() => this.#follow());
    this.#say();
  }

  #onShown(shown: Shown): void {
    if (this.#isClosed || this.#refused !== null) return;
    this.marks.shown(shown);
    const isFirst = this.#shown === null;
    this.#shown = shown;
    if (isFirst) this.#say();
  }

  #onBroken(): void {
    this.#feed?.restart();
    if (this.#breaks.isTooMany(performance.now())) this.#cannotDecode();
  }

  #onOverwhelmed(): void {
    this.#feed?.restart();
    if (this.#stream === 'main') this.#overwhelmed += 1;
    if (this.#overwhelmed < OVERWHELMED_MAX || this.#choice !== 'auto') return;
    queueMicrotask(() => this.#follow());
  }

  #refuse(reason: Reason): void {
    this.#refused = { reason, atMs: performance.now() };
    this.#feed?.restart();
    this.#clear();
  }

  #clear(): void {
    this.#screen?.clear();
    this.sights.clear();
    this.#shown = null;
    this.#say();
  }

  // --- saying so ------------------------------------------------------------------------------

  #say(): void {
    if (this.#isClosed) return;
    const facts = {
      nowUs: this.#parts.nowUs(),
      nowMs: performance.now(),
      shownUs: this.#shown?.wallUs ?? null,
      refused: this.#refused,
      isUndecodable: this.#undecodable.has(this.#stream),
      isForbidden: this.#isForbidden,
      isConnected: this.#isConnected,
      waitingSinceMs: this.#waitingSinceMs,
      cameraState: this.#cameraState,
      isStills: this.#judge.way !== 'live' || this.#sources.isStillOnly,
    };
    this.#reporter.say(facts, {
      stream: this.#stream,
      isSubstitute: this.#stream === 'sub' && this.#undecodable.has('main'),
      width: this.#shown?.width ?? 0,
      height: this.#shown?.height ?? 0,
    });
  }
}
