// Where opened pictures appear: a canvas fed by WebCodecs, or a video element fed by MSE (mse.ts) where
// the browser has no VideoDecoder or cannot decode the codec with it. Live only; playback has its own.

import type { Bytes } from '../seal/encoding';
import type { Opened } from '../seal/open';
import { canvasBlob, drawFrame } from './canvas';
import type { Sample, VideoTrack } from './isobmff';
import { canPlay, MseScreen } from './mse';

/** A picture that has just appeared. */
export interface Shown {
  /** When it was taken, by the hub. */
  readonly wallUs: number;
  readonly width: number;
  readonly height: number;
  /** performance.now() when its bytes arrived, and when it was drawn. */
  readonly receivedMs: number;
  readonly drawnMs: number;
}

export interface ScreenEvents {
  shown(picture: Shown): void;
  /** The decoder gave up: go on at the next keyframe. */
  broken(error: unknown): void;
  /** Pictures arrive faster than this machine decodes them: go on at the next keyframe. */
  overwhelmed(): void;
}

export interface LiveScreen {
  readonly element: HTMLElement;
  readonly kind: 'webcodecs' | 'mse' | 'thumb';
  /** Pictures of this track follow. False: this screen cannot decode it. */
  begin(track: VideoTrack, init: Opened): Promise<boolean>;
  /** @param isLone nothing follows soon: the decoder is told not to wait for more. */
  push(opened: Opened, samples: readonly Sample[], receivedMs: number, isLone: boolean): void;
  /** Show nothing: what is on screen must not stay there. */
  clear(): void;
  snapshot(): Promise<Blob>;
  close(): void;
}

/** Pictures waiting for the decoder; beyond it is too slow for this stream. */
const DECODE_QUEUE_MAX = 40;
/** A cached GOP arrives at once and may wait longer. */
const CATCH_UP_QUEUE_MAX = 600;
const CATCH_UP_MS = 4000;
const IN_FLIGHT_MAX = 1024;
const REFRESH_MS = 16;

export function decoderConfig(track: VideoTrack): VideoDecoderConfig {
  return {
    codec: track.codec,
    description: track.description,
    codedWidth: track.width,
    codedHeight: track.height,
    optimizeForLatency: true,
  };
}

/** Whether WebCodecs decodes a track here. */
export async function canDecode(track: VideoTrack): Promise<boolean> {
  if (typeof VideoDecoder === 'undefined') return false;
  try {
    return (await VideoDecoder.isConfigSupported(decoderConfig(track))).supported === true;
  } catch {
    return false;
  }
}

/** This browser does not decode a track. */
export class UndecodableError extends Error {
  override readonly name = 'UndecodableError';
}

/** The best screen for a track in this browser; null when it cannot decode the codec at all. */
export async function screenFor(track: VideoTrack, events: ScreenEvents): Promise<LiveScreen | null> {
  if (await canDecode(track)) return new CanvasScreen(events);
  return canPlay(track) ? new MseScreen(events) : null;
}

export function isSameTrack(a: VideoTrack, b: VideoTrack): boolean {
  return (
    a.codec === b.codec &&
    a.timescale === b.timescale &&
    a.width === b.width &&
    a.height === b.height &&
    isSameBytes(a.description, b.description)
  );
}

function isSameBytes(a: Bytes, b: Bytes): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Presentation time of a sample of a live fragment: the fragment's wall time and what follows. */
export function wallUsOf(opened: Opened, first: Sample, sample: Sample, timescale: number): number {
  return opened.wallUs + ((sample.decodeTicks - first.decodeTicks) * 1e6) / timescale;
}

export class CanvasScreen implements LiveScreen {
  readonly kind = 'webcodecs';
  readonly element: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #events: ScreenEvents;
  #decoder: VideoDecoder | null = null;
  #track: VideoTrack | null = null;
  #newest: VideoFrame | null = null;
  #request: number | null = null;
  #begunMs = 0;
  #drawnMs = Number.NEGATIVE_INFINITY;
  #timestamp = 0;
  /** Of pictures in the decoder, by timestamp. */
  readonly #inFlight = new Map<number, { wallUs: number; receivedMs: number }>();

  constructor(events: ScreenEvents) {
    this.#events = events;
    this.element = document.createElement('canvas');
    this.element.className = 'picture';
    const context = this.element.getContext('2d', { alpha: false });
    if (context === null) throw new Error('this browser gives no 2D canvas');
    this.#context = context;
  }

  async begin(track: VideoTrack): Promise<boolean> {
    if (this.#track !== null && this.#decoder !== null && isSameTrack(this.#track, track)) return true;
    if (!(await canDecode(track))) return false;
    this.#track = track;
    this.#open();
    return true;
  }

  push(opened: Opened, samples: readonly Sample[], receivedMs: number, isLone: boolean): void {
    const [track, first] = [this.#track, samples[0]];
    if (track === null || first === undefined) return;
    if (this.#decoder === null) {
      if (!first.isSync) return;
      this.#open();
    }
    const decoder = this.#decoder;
    if (decoder === null) return;
    if (decoder.decodeQueueSize > this.#queueMax(receivedMs)) {
      this.#closeDecoder();
      this.#events.overwhelmed();
      return;
    }
    for (const sample of samples) {
      if (sample.track !== track.id) continue;
      // The decoder only carries the number; rising by one it is unique whatever the clock does.
      const timestamp = this.#timestamp++;
      this.#inFlight.set(timestamp, {
        wallUs: wallUsOf(opened, first, sample, track.timescale),
        receivedMs,
      });
      const type = sample.isSync ? 'key' : 'delta';
      decoder.decode(new EncodedVideoChunk({ type, timestamp, data: sample.data }));
    }
    // Without it Chromium keeps a single picture back. After a flush only a keyframe may follow.
    if (isLone) decoder.flush().catch(() => undefined);
    for (const oldest of this.#inFlight.keys()) {
      if (this.#inFlight.size <= IN_FLIGHT_MAX) break;
      this.#inFlight.delete(oldest);
    }
  }

  clear(): void {
    this.#dropNewest();
    this.#context.clearRect(0, 0, this.element.width, this.element.height);
    this.#closeDecoder(); // nothing that is still being decoded may appear either
  }

  snapshot(): Promise<Blob> {
    return canvasBlob(this.element);
  }

  close(): void {
    this.#closeDecoder();
    this.#dropNewest();
    this.#track = null;
    this.element.remove();
  }

  #queueMax(nowMs: number): number {
    return nowMs - this.#begunMs < CATCH_UP_MS ? CATCH_UP_QUEUE_MAX : DECODE_QUEUE_MAX;
  }

  #open(): void {
    this.#closeDecoder();
    const track = this.#track;
    if (track === null) return;
    const decoder = new VideoDecoder({
      output: (frame) => this.#onFrame(decoder, frame),
      error: (error) => {
        if (decoder === this.#decoder) this.#fail(error);
      },
    });
    decoder.configure(decoderConfig(track));
    this.#decoder = decoder;
    this.#begunMs = performance.now();
  }

  #closeDecoder(): void {
    if (this.#decoder !== null && this.#decoder.state !== 'closed') this.#decoder.close();
    this.#decoder = null;
    this.#inFlight.clear();
  }

  #fail(error: unknown): void {
    this.#closeDecoder();
    this.#events.broken(error);
  }

  #onFrame(decoder: VideoDecoder, frame: VideoFrame): void {
    if (decoder !== this.#decoder) {
      frame.close();
      return;
    }
    // Only the newest one is drawn: a cached GOP is decoded at full speed and passes mostly unseen.
    this.#newest?.close();
    this.#newest = frame;
    // At once where it is the only one of this screen refresh: waiting for the refresh costs 8 ms.
    if (this.#request === null && performance.now() - this.#drawnMs > REFRESH_MS) this.#draw();
    else this.#request ??= requestAnimationFrame(() => this.#draw());
  }

  #draw(): void {
    this.#request = null;
    const frame = this.#newest;
    if (frame === null) return;
    this.#newest = null;
    const { displayWidth: width, displayHeight: height } = frame;
    drawFrame(this.#context, frame);
    this.#drawnMs = performance.now();
    const times = this.#inFlight.get(frame.timestamp);
    for (const timestamp of this.#inFlight.keys()) {
      if (timestamp > frame.timestamp) break;
      this.#inFlight.delete(timestamp);
    }
    frame.close();
    if (times !== undefined) {
      this.#events.shown({ ...times, width, height, drawnMs: this.#drawnMs });
    }
  }

  #dropNewest(): void {
    if (this.#request !== null) cancelAnimationFrame(this.#request);
    this.#request = null;
    this.#newest?.close();
    this.#newest = null;
  }
}
