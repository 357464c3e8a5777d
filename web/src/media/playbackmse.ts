// Playback where the browser has no WebCodecs: opened groups appended to a video element by MSE. Simpler
// than playback.ts: no shared clock, no thumbnails, steps by the camera's picture rate.

import { ApiError } from '../api/client';
import type { Camera } from '../api/types';
import { Refusal } from '../seal/open';
import { canvasBlob } from './canvas';
import { Film } from './film';
import type { Gop } from './gops';
import { mediaSource } from './mse';
import type { PlaybackParts, PlaybackReport, PlaybackState } from './playback';
import { type Opening, sampleUs } from './recorded';
import { UndecodableError } from './screen';

/** The element's time line begins so long before the first seek, so that one can go back. */
const BEFORE_SECONDS = 3600;
const AFTER_SECONDS = 4 * 3600;
const AHEAD_SECONDS = 8;
const KEPT_SECONDS = 30;
const TICK_MS = 250;

export function mimeOfOpening(opening: Opening): string {
  return `video/mp4; codecs="${opening.tracks.map((track) => track.codec).join(',')}"`;
}

export class MsePlaybackPlayer {
  readonly #report: (report: PlaybackReport) => void;
  readonly #film: Film;
  readonly #video = document.createElement('video');
  readonly #timer: ReturnType<typeof setInterval>;
  #buffer: SourceBuffer | null = null;
  #mime = '';
  #originUs = 0;
  #initOf = '';
  /** The group appended last, and the first one that does not join it. */
  #last: Gop | null = null;
  #afterGap: Gop | null = null;
  #pictureSeconds = 0.05;
  #seeking = new AbortController();
  #isFilling = false;
  #isPlaying = false;
  #state: PlaybackState = 'paused';

  constructor(
    parts: PlaybackParts,
    camera: Camera,
    container: HTMLElement,
    report: (report: PlaybackReport) => void,
  ) {
    this.#report = report;
    this.#film = new Film(parts, camera);
    this.#video.className = 'picture';
    this.#video.playsInline = this.#video.muted = this.#video.disableRemotePlayback = true;
    container.append(this.#video);
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  seek(timeUs: number): void {
    this.#seeking.abort();
    this.#seeking = new AbortController();
    const { signal } = this.#seeking;
    this.#say('loading', null, timeUs);
    this.#seek(timeUs, signal).catch((error: unknown) => {
      if (error instanceof UndecodableError && !signal.aborted && this.#film.fallBack()) this.seek(timeUs);
      else this.#fail(error, signal, timeUs);
    });
  }

  play(): void {
    this.#isPlaying = true;
    this.#video.play().catch(() => undefined); // a seek under way continues it
  }

  pause(): void {
    this.#isPlaying = false;
    this.#video.pause();
    this.#say('paused');
  }

  setSpeed(speed: number): void {
    this.#video.playbackRate = this.#video.defaultPlaybackRate = speed;
  }

  setMuted(isMuted: boolean): void {
    this.#video.muted = isMuted;
  }

  step(direction: 1 | -1): void {
    this.pause();
    this.seek(this.#timeUs() + direction * this.#pictureSeconds * 1e6);
  }

  thumbnail(): Promise<null> {
    return Promise.resolve(null);
  }

  snapshot(): Promise<Blob> {
    const canvas = document.createElement('canvas');
    canvas.width = this.#video.videoWidth;
    canvas.height = this.#video.videoHeight;
    canvas.getContext('2d')?.drawImage(this.#video, 0, 0);
    return canvasBlob(canvas);
  }

  close(): void {
    this.#seeking.abort();
    clearInterval(this.#timer);
    this.#shut();
    this.#video.remove();
  }

  #timeUs(): number {
    return this.#originUs + this.#video.currentTime * 1e6;
  }

  async #seek(timeUs: number, signal: AbortSignal): Promise<void> {
    let gop = await this.#film.gops.at(timeUs);
    if (gop === null && this.#isPlaying) gop = await this.#film.gops.after(timeUs);
    signal.throwIfAborted();
    if (gop === null) {
      this.#shut();
      this.#say('gap', null, timeUs);
      return;
    }
    const mime = mimeOfOpening(await this.#film.recorded.opening(gop.segment));
    const seconds = (timeUs - this.#originUs) / 1e6;
    const isOutside = seconds < 0 || seconds > BEFORE_SECONDS + AFTER_SECONDS;
    if (this.#buffer === null || isOutside || mime !== this.#mime) await this.#open(mime, timeUs, signal);
    this.#afterGap = null;
    this.#initOf = ''; // the parser begins anew at each seek
    await this.#append(gop, signal);
    // Inside the first picture rather than on its edge, which rounding may put before it.
    const wantedUs = Math.max(timeUs, gop.startUs + 1000);
    this.#video.currentTime = (wantedUs - this.#originUs) / 1e6;
    await once(this.#video, 'seeked', signal);
    if (this.#isPlaying) await this.#video.play();
    this.#say(this.#isPlaying ? 'playing' : 'paused');
  }

  async #open(mime: string, timeUs: number, signal: AbortSignal): Promise<void> {
    this.#shut();
    const Source = mediaSource();
    if (Source === null || !Source.isTypeSupported(mime)) throw new UndecodableError();
    const source = new Source();
    this.#originUs = Math.floor(timeUs / 1e6 - BEFORE_SECONDS) * 1e6;
    const url = URL.createObjectURL(source);
    this.#video.src = url;
    await once(source, 'sourceopen', signal);
    URL.revokeObjectURL(url);
    source.duration = BEFORE_SECONDS + AFTER_SECONDS;
    this.#buffer = source.addSourceBuffer(mime);
    this.#mime = mime;
  }

  #shut(): void {
    this.#buffer = null;
    this.#last = this.#afterGap = null;
    this.#video.removeAttribute('src');
    this.#video.load();
  }

  async #append(gop: Gop, signal: AbortSignal): Promise<void> {
    const open = await this.#film.recorded.whole(gop, signal);
    const [buffer, first] = [this.#buffer, open.samples[0]];
    if (buffer === null || first === undefined) return;
    if (this.#initOf !== gop.segment.writer) {
      if (mimeOfOpening(open.opening) !== this.#mime) return; // shown after a seek into it
      await this.#put(buffer, open.opening.init.payload, signal);
      this.#initOf = gop.segment.writer;
    }
    const track = open.opening.tracks.find((one) => one.id === first.track);
    const mediaSeconds = (first.decodeTicks + first.compositionTicks) / (track?.timescale ?? 90_000);
    buffer.timestampOffset = (sampleUs(open, first) - this.#originUs) / 1e6 - mediaSeconds;
    for (const fragment of open.fragments) await this.#put(buffer, fragment.payload, signal);
    this.#pictureSeconds = first.durationTicks / (track?.timescale ?? 90_000) || 0.05;
    this.#last = gop;
  }

  async #put(buffer: SourceBuffer, bytes: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (buffer.updating) await once(buffer, 'updateend', signal);
    buffer.appendBuffer(bytes);
    await once(buffer, 'updateend', signal);
  }

  #tick(): void {
    if (this.#buffer === null || this.#state === 'refused' || this.#state === 'undecodable') return;
    const { signal } = this.#seeking;
    if (!this.#isFilling && !this.#video.seeking) {
      this.#isFilling = true;
      this.#fill(signal)
        .catch((error: unknown) => this.#fail(error, signal))
        .finally(() => (this.#isFilling = false));
    }
    if (!this.#isPlaying || this.#video.seeking) return;
    const isStarving = this.#video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA;
    if (isStarving && this.#afterGap !== null) this.seek(this.#afterGap.startUs);
    else this.#say(isStarving ? 'loading' : 'playing');
  }

  async #fill(signal: AbortSignal): Promise<void> {
    const [buffer, last] = [this.#buffer, this.#last];
    if (buffer === null || last === null || this.#afterGap !== null) return;
    const { currentTime } = this.#video;
    const endSeconds = (last.endUs - this.#originUs) / 1e6;
    if (endSeconds - currentTime > AHEAD_SECONDS * Math.max(1, this.#video.playbackRate)) return;
    const next = await this.#film.gops.after(last.startUs);
    if (next === null || signal.aborted) return;
    if (next.startUs - last.endUs > 0.5e6) {
      this.#afterGap = next;
      return;
    }
    const kept = currentTime - KEPT_SECONDS;
    if (buffer.buffered.length > 0 && buffer.buffered.start(0) < kept - KEPT_SECONDS && !buffer.updating) {
      buffer.remove(0, kept);
      await once(buffer, 'updateend', signal);
    }
    await this.#append(next, signal);
  }

  #fail(error: unknown, signal: AbortSignal, timeUs = this.#timeUs()): void {
    if (signal.aborted || (error instanceof DOMException && error.name === 'AbortError')) return;
    this.#shut();
    if (error instanceof Refusal) this.#say('refused', error.reason);
    else if (error instanceof UndecodableError) this.#say('undecodable', 'codec', timeUs);
    else this.#say('failed', error instanceof ApiError ? error.code : 'unexpected');
  }

  #say(state: PlaybackState, reason: string | null = null, timeUs = this.#timeUs()): void {
    this.#state = state;
    this.#report({ state, timeUs, reason, isSubstitute: this.#film.isSubstitute });
  }
}

/** The next event of a kind; rejects when the signal is aborted. */
function once(target: EventTarget, type: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const options = { once: true, signal };
    target.addEventListener(type, () => resolve(), options);
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}
