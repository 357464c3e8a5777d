// Recorded pictures of one camera in one container: seek, play, step. The first picture of a seek needs one
// STILL; playing decodes ahead (pump.ts) and shows by the clock (playclock.ts), which cameras may share.

import type { ApiClient } from '../api/client';
import { ApiError } from '../api/client';
import type { Camera } from '../api/types';
import { type Reason, Refusal } from '../seal/open';
import { canvasBlob, drawFrame } from './canvas';
import { Film } from './film';
import type { Gop } from './gops';
import type { Keyring } from './keyring';
import { type Follower, PlayClock } from './playclock';
import { type Hole, Pump } from './pump';
import { chunksOf, stepFrom } from './pictures';
import type { OpenGop } from './recorded';
import type { Refusals } from './refusals';
import { canDecode, UndecodableError } from './screen';
import { PlaySound } from './playsound';
import type { Speaker } from './sound';
import { StillDecoder } from './stilldecoder';

/** Faster than this, only keyframes are shown. */
const ALL_FRAMES_SPEED_MAX = 4;
/** How often the time is reported while playing. */
const REPORT_MS = 250;
/** The recorder is at most so far behind the present. */
const PRESENT_US = 20_000_000;
const RETRY_MS = 1000;

export type PlaybackState =
  | 'loading'
  | 'playing'
  | 'paused'
  | 'gap'
  | 'ended'
  | 'refused'
  | 'undecodable'
  | 'failed';

export interface PlaybackReport {
  readonly state: PlaybackState;
  /** Wall time of the picture on screen. */
  readonly timeUs: number;
  /** A refusal's reason, or an error's code. */
  readonly reason: Reason | string | null;
  /** The smaller second stream is played: this browser does not decode the main one. */
  readonly isSubstitute: boolean;
}

export interface PlaybackParts {
  readonly api: ApiClient;
  readonly keyring: Keyring;
  readonly refusals: Refusals;
  readonly speaker: Speaker;
  /** Wall time of the hub. */
  readonly nowUs: () => number;
}

export class PlaybackPlayer implements Follower {
  readonly clock: PlayClock;
  /** performance.now() of the newest seek and of its first picture; for benchmarks. */
  readonly seekMarks = { askedMs: 0, shownMs: 0 };
  readonly #parts: PlaybackParts;
  readonly #film: Film;
  readonly #stills = new StillDecoder();
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #report: (report: PlaybackReport) => void;
  #pump: Pump | null = null;
  readonly #sound: PlaySound;
  #isMuted = true;
  #seeking = new AbortController();
  #request: number | null = null;
  #state: PlaybackState = 'paused';
  #reason: string | null = null;
  #shownUs = 0;
  /** The group on screen when it was last stepped in, to step on without fetching. */
  #stepped: OpenGop | null = null;
  #saidMs = 0;
  #isClosed = false;

  /** @param clock shared by cameras that play in step; by default the player's own. */
  constructor(
    parts: PlaybackParts,
    camera: Camera,
    container: HTMLElement,
    report: (report: PlaybackReport) => void,
    clock: PlayClock = new PlayClock(),
  ) {
    this.#parts = parts;
    this.#report = report;
    this.clock = clock;
    this.#sound = new PlaySound(parts.speaker, clock);
    this.#film = new Film(parts, camera);
    this.#canvas = document.createElement('canvas');
    this.#canvas.className = 'picture';
    const context = this.#canvas.getContext('2d', { alpha: false });
    if (context === null) throw new Error('this browser gives no 2D canvas');
    this.#context = context;
    container.append(this.#canvas);
    clock.follow(this);
  }

  seek(timeUs: number): void {
    this.clock.seek(timeUs);
  }
  play(): void {
    this.clock.play();
  }
  pause(): void {
    this.clock.pause();
  }
  /** 0.5 to 16. */
  setSpeed(speed: number): void {
    this.clock.setSpeed(speed);
  }

  setMuted(isMuted: boolean): void {
    this.#isMuted = isMuted;
    if (isMuted) this.#sound.silence();
    else this.#parts.speaker.context(); // within the click
    if (!isMuted && this.#pump !== null) this.turned(); // begin again, with sound
  }

  /** A picture near a time, or null where nothing was recorded. The caller closes it. */
  thumbnail(timeUs: number, signal: AbortSignal): Promise<ImageBitmap | null> {
    return this.#film.thumbnail(timeUs, signal);
  }

  /** The picture on screen as PNG. */
  snapshot(): Promise<Blob> {
    return canvasBlob(this.#canvas);
  }

  /** One picture on or back; pauses. */
  step(direction: 1 | -1): void {
    this.clock.pause();
    const signal = this.#begin();
    this.#step(direction, signal).catch((error: unknown) => this.#fail(error, signal));
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#begin();
    this.#seeking.abort();
    this.clock.leave(this);
    this.#film.close();
    this.#stills.close();
    this.#sound.silence();
    this.#canvas.remove();
  }

  // --- the clock ------------------------------------------------------------------------------

  moved(timeUs: number): void {
    const signal = this.#begin();
    this.seekMarks.askedMs = performance.now();
    this.#say('loading');
    this.#seek(timeUs, signal).catch((error: unknown) => this.#fail(error, signal));
  }

  turned(): void {
    const signal = this.#begin();
    if (!this.clock.isPlaying) {
      this.#say(this.#state === 'gap' ? 'gap' : 'paused');
      return;
    }
    this.#start(this.clock.timeUs(), signal).catch((error: unknown) => this.#fail(error, signal));
  }

  /** End what is under way. */
  #begin(): AbortSignal {
    this.#seeking.abort();
    this.#seeking = new AbortController();
    this.#pump?.close();
    this.#pump = null;
    if (this.#request !== null) cancelAnimationFrame(this.#request);
    this.#request = null;
    this.clock.release(this);
    this.clock.outOfGap(this);
    this.#sound.silence();
    return this.#seeking.signal;
  }

  // --- seeking and stepping -------------------------------------------------------------------

  async #seek(timeUs: number, signal: AbortSignal): Promise<void> {
    let gop = await this.#film.gops.at(timeUs);
    signal.throwIfAborted();
    if (gop === null && this.clock.isPlaying) {
      await this.#start(timeUs, signal);
      return;
    }
    gop ??= await this.#awaitRecording(timeUs, signal);
    if (gop === null) {
      this.#blank();
      this.#say('gap');
      return;
    }
    const still = await this.#film.recorded.still(gop, signal);
    await this.#show(still, timeUs, signal);
    this.seekMarks.shownMs = performance.now();
    performance.measure('keepsight seek', { start: this.seekMarks.askedMs, end: this.seekMarks.shownMs });
    if (this.clock.isPlaying) {
      await this.#start(timeUs, signal);
      return;
    }
    this.#say('paused');
    const whole = await this.#film.recorded.whole(gop, signal);
    await this.#show(whole, timeUs, signal);
    this.#say('paused');
  }

  /** The newest group where a time lies in the present, which is being recorded still; else null. */
  async #newest(timeUs: number): Promise<Gop | null> {
    if (this.#parts.nowUs() - timeUs > PRESENT_US) return null;
    const gop = await this.#film.gops.before(timeUs);
    return gop !== null && timeUs - gop.endUs < PRESENT_US ? gop : null;
  }

  /** Wait for the group of a time in the present, with the newest picture on screen; null: a gap. */
  async #awaitRecording(timeUs: number, signal: AbortSignal): Promise<Gop | null> {
    const newest = await this.#newest(timeUs);
    if (newest === null) return null;
    await this.#show(await this.#film.recorded.whole(newest, signal), newest.endUs, signal);
    this.#say('loading');
    while ((await this.#newest(timeUs)) !== null) {
      const gop = await this.#film.gops.at(timeUs);
      signal.throwIfAborted();
      if (gop !== null) return gop;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      signal.throwIfAborted();
    }
    return this.#film.gops.at(timeUs);
  }

  /** Decode a group up to the picture of a time and draw that. */
  async #show(open: OpenGop, timeUs: number, signal: AbortSignal): Promise<void> {
    const track = open.opening.tracks.find((one) => one.kind === 'video');
    if (track === undefined) throw new Error('a recording without pictures');
    if (!(await canDecode(track))) throw new UndecodableError();
    const chunks = chunksOf(open, track.id);
    const wanted = Math.max(timeUs, chunks[0]?.timestamp ?? timeUs);
    const needed = chunks.findLastIndex((chunk) => chunk.timestamp <= wanted);
    const frame = await this.#stills.decode(track, chunks.slice(0, needed + 1), wanted, signal);
    if (!signal.aborted) this.#draw(frame);
    frame.close();
    signal.throwIfAborted();
  }

  async #step(direction: 1 | -1, signal: AbortSignal): Promise<void> {
    const fromUs = this.#shownUs || this.clock.timeUs();
    const parts = { gops: this.#film.gops, recorded: this.#film.recorded, known: this.#stepped };
    const next = await stepFrom(parts, fromUs, direction, signal);
    if (next !== null) {
      this.#stepped = next.open;
      await this.#show(next.open, next.timeUs, signal);
      this.clock.put(next.timeUs);
    }
    this.#say('paused');
  }

  // --- playing --------------------------------------------------------------------------------

  async #start(timeUs: number, signal: AbortSignal): Promise<void> {
    this.clock.hold(this);
    this.#say('loading');
    let startUs = timeUs;
    let gop = (await this.#film.gops.at(timeUs)) ?? (await this.#film.gops.after(timeUs));
    if (gop === null) {
      gop = await this.#newest(timeUs);
      if (gop !== null && !signal.aborted) this.clock.put((startUs = gop.startUs));
    }
    signal.throwIfAborted();
    if (gop === null) {
      this.#blank();
      this.clock.release(this);
      this.clock.inGap(this, Number.POSITIVE_INFINITY);
      this.#say('ended');
      return;
    }
    const { speed } = this.clock;
    const track = (await this.#film.recorded.opening(gop.segment)).tracks.find((one) => one.kind === 'video');
    if (track === undefined || !(await canDecode(track))) throw new UndecodableError();
    signal.throwIfAborted();
    const hasSound = !this.#isMuted && speed === 1;
    const pump = new Pump(
      {
        gops: this.#film.gops,
        recorded: this.#film.recorded,
        failed: (error) => this.#fail(error, signal),
        ...(hasSound ? { group: (open: OpenGop) => this.#sound.hear(open) } : {}),
      },
      { gop, isKeysOnly: speed > ALL_FRAMES_SPEED_MAX, speed },
    );
    if (gop.startUs > startUs) pump.holes.push({ fromUs: startUs, untilUs: gop.startUs });
    this.#pump = pump;
    this.#request = requestAnimationFrame(() => this.#present());
  }

  /** Once a screen refresh: show the newest picture that is due, and say whether time may pass. */
  #present(): void {
    const pump = this.#pump;
    if (pump === null) return;
    this.#request = requestAnimationFrame(() => this.#present());
    const nowUs = this.clock.timeUs();
    let due: VideoFrame | undefined;
    while ((pump.frames[0]?.timestamp ?? Number.POSITIVE_INFINITY) <= nowUs) {
      due?.close();
      due = pump.take();
    }
    if (due !== undefined) {
      this.#draw(due);
      due.close();
    }
    while ((pump.holes[0]?.untilUs ?? Number.POSITIVE_INFINITY) <= nowUs) pump.holes.shift();
    const hole = pump.holes[0];
    if (hole !== undefined && hole.fromUs <= nowUs) {
      this.#onHole(hole);
      return;
    }
    this.clock.outOfGap(this);
    if (pump.frames.length > 0) {
      this.clock.release(this);
      this.#sayOften('playing');
    } else if (hole === undefined) {
      // The picture on screen lasts until the next one; without knowing that one, time must not pass.
      this.#hold();
    }
  }

  #hold(): void {
    if (!this.clock.isHeld) this.#sound.silence(); // scheduled for a time that will not come
    this.clock.hold(this);
    this.#sayOften('loading');
  }

  #onHole(hole: Hole): void {
    const isEnd = !Number.isFinite(hole.untilUs);
    if (isEnd && this.#parts.nowUs() - hole.fromUs < PRESENT_US) {
      this.#hold(); // more is being recorded: time waits for it
      return;
    }
    this.clock.release(this);
    this.clock.inGap(this, hole.untilUs);
    this.#sayOften(isEnd ? 'ended' : 'gap');
  }

  // --- on screen ------------------------------------------------------------------------------

  #draw(frame: VideoFrame): void {
    drawFrame(this.#context, frame);
    this.#shownUs = frame.timestamp;
  }

  #blank(): void {
    this.#context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    this.#shownUs = 0;
  }

  #fail(error: unknown, signal: AbortSignal): void {
    if (signal.aborted || this.#isClosed) return;
    this.#begin();
    if (error instanceof Refusal) {
      this.#blank();
      this.#say('refused', error.reason);
    } else if (error instanceof UndecodableError && this.#film.fallBack()) {
      this.#stepped = null;
      this.moved(this.clock.timeUs());
    } else if (error instanceof UndecodableError) {
      this.#blank();
      this.#say('undecodable', 'codec');
    } else {
      this.#say('failed', error instanceof ApiError ? error.code : 'unexpected');
    }
  }

  #sayOften(state: PlaybackState): void {
    if (state === this.#state && performance.now() - this.#saidMs < REPORT_MS) return;
    this.#say(state);
  }

  #say(state: PlaybackState, reason: string | null = null): void {
    if (this.#isClosed) return;
    this.#state = state;
    this.#reason = reason;
    this.#saidMs = performance.now();
    const isPictureTime = state === 'paused' && this.#shownUs > 0;
    const timeUs = isPictureTime ? this.#shownUs : this.clock.timeUs();
    this.#report({ state, timeUs, reason: this.#reason, isSubstitute: this.#film.isSubstitute });
  }
}
