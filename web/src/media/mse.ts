// The fallback screen: Media Source Extensions in a video element, its playback rate steered towards the
// live edge. About 90 ms behind WebCodecs. The time line of the element is wall time since the first picture.

import type { Opened } from '../seal/open';
import { Flag } from '../seal/header';
import type { Bytes } from '../seal/encoding';
import { canvasBlob } from './canvas';
import type { Sample, VideoTrack } from './isobmff';
import type { LiveScreen, ScreenEvents } from './screen';

/** How far behind the newest picture playing stays, at best. */
const LEAD_SECONDS = 0.06;
/** Further behind: play a little faster; far behind: jump. At 0.1 s Chromium keeps running dry. */
const FASTER_SECONDS = 0.135;
const JUMP_SECONDS = 1;
const FASTER_RATE = 1.08;
const STEER_MS = 200;
const KEPT_SECONDS = 8;
const QUEUE_MAX = 600;

type Source = { new (): MediaSource; isTypeSupported(type: string): boolean };

/** MediaSource, or what iPhones have instead. */
export function mediaSource(): Source | null {
  const scope = globalThis as { MediaSource?: Source; ManagedMediaSource?: Source };
  return scope.MediaSource ?? scope.ManagedMediaSource ?? null;
}

export function mimeOf(track: VideoTrack): string {
  return `video/mp4; codecs="${track.codec}"`;
}

/** Whether MSE plays a track here. */
export function canPlay(track: VideoTrack): boolean {
  return mediaSource()?.isTypeSupported(mimeOf(track)) ?? false;
}

interface Append {
  readonly bytes: Bytes;
  /** Of the fragment's window on the element's time line; null keeps the one before. */
  readonly offsetSeconds: number | null;
}

export class MseScreen implements LiveScreen {
  readonly kind = 'mse';
  readonly element: HTMLVideoElement;
  readonly #events: ScreenEvents;
  #source: MediaSource | null = null;
  #buffer: SourceBuffer | null = null;
  #queue: Append[] = [];
  #mime = '';
  /** Of the window in use: a source opened anew begins with it. */
  #init: Bytes | null = null;
  #originUs: number | null = null;
  #timescale = 1;
  #isWindowNew = true;
  #url: string | null = null;
  readonly #timer: ReturnType<typeof setInterval>;
  /** Arrival of recent pictures, by their second on the time line: what latency is measured with. */
  readonly #arrivals: { seconds: number; receivedMs: number }[] = [];

  constructor(events: ScreenEvents) {
    this.#events = events;
    const video = document.createElement('video');
    video.className = 'picture';
    video.muted = true;
    video.autoplay = true;
    video.playsInline = true;
    video.disableRemotePlayback = true; // ManagedMediaSource asks for it
    this.element = video;
    this.#timer = setInterval(() => this.#steer(), STEER_MS);
    this.#watchFrames();
  }

  begin(track: VideoTrack, init: Opened): Promise<boolean> {
    if (!canPlay(track)) return Promise.resolve(false);
    const mime = mimeOf(track);
    if (this.#source === null || mime !== this.#mime) this.#open(mime);
    this.#timescale = track.timescale;
    this.#isWindowNew = true;
    this.#init = init.payload;
    this.#append({ bytes: init.payload, offsetSeconds: null });
    return Promise.resolve(true);
  }

  push(opened: Opened, samples: readonly Sample[], receivedMs: number): void {
    const first = samples[0];
    if (first === undefined || this.#init === null) return;
    if (this.#source === null) {
      if (!first.isSync) return;
      this.#open(this.#mime);
      this.#append({ bytes: this.#init, offsetSeconds: null });
      this.#isWindowNew = true;
    }
    this.#originUs ??= opened.wallUs;
    const seconds = (opened.wallUs - this.#originUs) / 1e6;
    // Media time starts at 0 in each window: place it on the line by wall time, and again after a loss.
    const isPlaced = !this.#isWindowNew && (opened.flags & Flag.DISCONTINUITY) === 0;
    const offsetSeconds = isPlaced ? null : seconds - first.decodeTicks / this.#timescale;
    this.#isWindowNew = false;
    this.#arrivals.push({ seconds, receivedMs });
    if (this.#arrivals.length > QUEUE_MAX) this.#arrivals.shift();
    this.#append({ bytes: opened.payload, offsetSeconds });
  }

  clear(): void {
    this.#closeSource();
  }

  snapshot(): Promise<Blob> {
    const canvas = document.createElement('canvas');
    canvas.width = this.element.videoWidth;
    canvas.height = this.element.videoHeight;
    canvas.getContext('2d')?.drawImage(this.element, 0, 0);
    return canvasBlob(canvas);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#closeSource();
    this.element.remove();
  }

  /** Appends wait in the queue until the source is open. */
  #open(mime: string): void {
    this.#closeSource();
    const Constructor = mediaSource();
    if (Constructor === null) throw new Error('this browser has no Media Source Extensions');
    const source = new Constructor();
    this.#source = source;
    this.#mime = mime;
    this.#url = URL.createObjectURL(source);
    const opened = (): void => {
      if (source !== this.#source) return;
      const buffer = source.addSourceBuffer(mime);
      buffer.mode = 'segments';
      buffer.addEventListener('updateend', () => this.#next());
      buffer.addEventListener('error', () => this.#fail(new Error('the browser refused a fragment')));
      this.#buffer = buffer;
      this.#next();
    };
    source.addEventListener('sourceopen', opened, { once: true });
    this.element.src = this.#url;
  }

  #closeSource(): void {
    this.#source = null;
    this.#buffer = null;
    this.#queue = [];
    this.#arrivals.length = 0;
    this.#originUs = null;
    if (this.#url !== null) URL.revokeObjectURL(this.#url);
    this.#url = null;
    this.element.removeAttribute('src');
    this.element.load();
  }

  #fail(error: unknown): void {
    this.#closeSource();
    this.#events.broken(error);
  }

  #append(append: Append): void {
    if (this.#queue.length >= QUEUE_MAX) {
      this.#fail(new Error('the browser takes fragments too slowly'));
      return;
    }
    this.#queue.push(append);
    this.#next();
  }

  #next(): void {
    const buffer = this.#buffer;
    if (buffer === null || buffer.updating) return;
    try {
      const kept = this.element.currentTime - KEPT_SECONDS;
      if (buffer.buffered.length > 0 && buffer.buffered.start(0) < kept - KEPT_SECONDS) {
        buffer.remove(0, kept);
        return;
      }
      const append = this.#queue.shift();
      if (append === undefined) return;
      if (append.offsetSeconds !== null) buffer.timestampOffset = append.offsetSeconds;
      buffer.appendBuffer(append.bytes);
    } catch (error) {
      this.#fail(error);
    }
  }

  #steer(): void {
    const [video, buffer] = [this.element, this.#buffer];
    if (buffer === null || buffer.buffered.length === 0) return;
    const last = buffer.buffered.length - 1;
    const [start, end] = [buffer.buffered.start(last), buffer.buffered.end(last)];
    const behind = end - video.currentTime;
    if (behind > JUMP_SECONDS || video.currentTime < start) {
      video.currentTime = Math.max(start, end - LEAD_SECONDS);
    }
    video.playbackRate = behind > FASTER_SECONDS ? FASTER_RATE : 1;
    if (video.paused) video.play().catch(() => undefined); // muted playing is allowed; try again later
  }

  #watchFrames(): void {
    const video = this.element;
    if (typeof video.requestVideoFrameCallback !== 'function') {
      video.addEventListener('timeupdate', () => this.#onShown(video.currentTime));
      return;
    }
    const again = (_now: number, frame: VideoFrameCallbackMetadata): void => {
      this.#onShown(frame.mediaTime);
      video.requestVideoFrameCallback(again);
    };
    video.requestVideoFrameCallback(again);
  }

  #onShown(seconds: number): void {
    if (this.#originUs === null) return;
    const arrivals = this.#arrivals;
    while ((arrivals[1]?.seconds ?? Number.POSITIVE_INFINITY) <= seconds + 0.001) arrivals.shift();
    this.#events.shown({
      wallUs: this.#originUs + seconds * 1e6,
      width: this.element.videoWidth,
      height: this.element.videoHeight,
      receivedMs: arrivals[0]?.receivedMs ?? performance.now(),
      drawnMs: performance.now(),
    });
  }
}
