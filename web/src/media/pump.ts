// Decodes recorded groups ahead of the clock, in order, a few pictures at a time.

import type { Gop, Gops } from './gops';
import { JOINT_US } from './gops';
import { FormatError, type VideoTrack } from './isobmff';
import { type OpenGop, type Recorded, sampleUs } from './recorded';
import { decoderConfig, isSameTrack } from './screen';

/** Decoded pictures kept ahead; each holds the decoder's memory. */
const FRAMES_MAX = 6;
const DECODE_QUEUE_MAX = 6;
/** Opened groups kept ahead of the decoder. */
const GOPS_AHEAD = 2;
/** Segments whose keys are asked for before they are needed. */
const KEYS_AHEAD = 3;
/** With keyframes only: at most so many of them a second. */
const KEYFRAMES_PER_SECOND = 10;
/** At the end of what is recorded so far: look again after this. */
const RETRY_MS = 1000;

export interface PumpParts {
  readonly gops: Gops;
  readonly recorded: Recorded;
  /** A group is about to be decoded: its sound may be scheduled. */
  readonly group?: (open: OpenGop) => void;
  readonly failed: (error: unknown) => void;
}

/** A stretch without recordings. `untilUs` is infinite when nothing follows. */
export interface Hole {
  readonly fromUs: number;
  readonly untilUs: number;
}

export interface PumpStart {
  readonly gop: Gop;
  readonly isKeysOnly: boolean;
  readonly speed: number;
}

export class Pump {
  /** Decoded pictures in order of time; the timestamp is wall time. Whoever takes one closes it. */
  readonly frames: VideoFrame[] = [];
  readonly holes: Hole[] = [];
  readonly #parts: PumpParts;
  readonly #start: PumpStart;
  readonly #aborted = new AbortController();
  readonly #changed = new Change();
  readonly #ended = new Change();
  readonly #ahead: Promise<OpenGop>[] = [];
  #isClosed = false;
  /** Everything recorded so far has been fetched. */
  #isAtEnd = false;
  #decoder: VideoDecoder | null = null;
  #track: VideoTrack | null = null;

  constructor(parts: PumpParts, start: PumpStart) {
    this.#parts = parts;
    this.#start = start;
    const failed = (error: unknown): void => {
      if (!this.#isClosed) parts.failed(error);
    };
    this.#load().catch(failed);
    this.#play().catch(failed);
  }

  /** The oldest decoded picture leaves; there is room for another. */
  take(): VideoFrame | undefined {
    const frame = this.frames.shift();
    this.#changed.fire();
    return frame;
  }

  close(): void {
    this.#isClosed = true;
    this.#aborted.abort();
    this.#changed.fire();
    this.#ended.fire();
    if (this.#decoder !== null && this.#decoder.state !== 'closed') this.#decoder.close();
    this.#decoder = null;
    for (const frame of this.frames) frame.close();
    this.frames.length = 0;
  }

  /** Fetch and open groups ahead, in order; at the end of what is recorded, look again for more. */
  async #load(): Promise<void> {
    let gop: Gop | null = this.#start.gop;
    while (gop !== null && !this.#isClosed) {
      while (this.#ahead.length >= GOPS_AHEAD && !this.#isClosed) await this.#changed.wait();
      if (this.#isClosed) return;
      const fetched = this.#fetch(gop);
      fetched.catch(() => undefined); // thrown when it is its turn
      this.#ahead.push(fetched);
      this.#changed.fire();
      gop = await this.#following(gop);
    }
  }

  async #play(): Promise<void> {
    let beforeUs: number | null = null;
    while (!this.#isClosed) {
      const fetched = this.#ahead.shift();
      if (fetched === undefined) {
        if (this.#isAtEnd) await this.#end(beforeUs);
        else await this.#changed.wait();
        continue;
      }
      this.#changed.fire();
      const open = await fetched;
      if (beforeUs !== null && open.gop.startUs - beforeUs >= JOINT_US) {
        await this.#flush(); // the last pictures before the gap
        this.holes.push({ fromUs: beforeUs, untilUs: open.gop.startUs });
      }
      beforeUs = open.gop.endUs;
      await this.#decode(open);
    }
  }

  /** Nothing more is recorded so far: show the last pictures, say so, and wait. */
  async #end(fromUs: number | null): Promise<void> {
    await this.#flush();
    const hole: Hole = { fromUs: fromUs ?? 0, untilUs: Number.POSITIVE_INFINITY };
    this.holes.push(hole);
    while (this.#isAtEnd && this.#ahead.length === 0 && !this.#isClosed) await this.#changed.wait();
    const position = this.holes.indexOf(hole);
    if (position >= 0) this.holes.splice(position, 1);
  }

  #fetch(gop: Gop): Promise<OpenGop> {
    const { signal } = this.#aborted;
    const { recorded } = this.#parts;
    return this.#start.isKeysOnly ? recorded.still(gop, signal) : recorded.whole(gop, signal);
  }

  async #following(gop: Gop): Promise<Gop | null> {
    const { gops, recorded } = this.#parts;
    void gops.segmentsAfter(gop, KEYS_AHEAD).then(
      (segments) => recorded.prefetchKeys(segments),
      () => undefined,
    );
    const { isKeysOnly, speed } = this.#start;
    const stepUs = isKeysOnly ? (speed * 1e6) / KEYFRAMES_PER_SECOND : 0;
    if (stepUs > gop.endUs - gop.startUs) {
      const skipped = await gops.at(gop.startUs + stepUs);
      if (skipped !== null && skipped.startUs > gop.startUs) return skipped;
    }
    for (;;) {
      const next = await gops.after(gop.startUs);
      if (next !== null || this.#isClosed) {
        this.#isAtEnd = false;
        return next;
      }
      this.#isAtEnd = true;
      this.#changed.fire();
      await this.#ended.wait(RETRY_MS);
    }
  }

  async #decode(open: OpenGop): Promise<void> {
    const track = open.opening.tracks.find((one) => one.kind === 'video');
    if (track === undefined) throw new FormatError('a recording without pictures');
    await this.#ready(track);
    this.#parts.group?.(open);
    for (const sample of open.samples) {
      if (sample.track !== track.id) continue;
      await this.#room();
      if (this.#isClosed) return;
      const timestamp = Math.round(sampleUs(open, sample));
      const type = sample.isSync ? 'key' : 'delta';
      this.#decoder?.decode(new EncodedVideoChunk({ type, timestamp, data: sample.data }));
    }
    if (this.#start.isKeysOnly) await this.#flush();
  }

  async #ready(track: VideoTrack): Promise<void> {
    if (this.#decoder !== null && this.#track !== null && isSameTrack(this.#track, track)) return;
    await this.#flush();
    if (this.#isClosed) return;
    this.#decoder?.close();
    const decoder = new VideoDecoder({
      output: (frame) => {
        if (decoder !== this.#decoder || this.#isClosed) frame.close();
        else this.frames.push(frame);
      },
      error: (error) => {
        if (decoder === this.#decoder) this.#parts.failed(error);
      },
    });
    decoder.configure(decoderConfig(track));
    decoder.addEventListener('dequeue', () => this.#changed.fire());
    this.#decoder = decoder;
    this.#track = track;
  }

  async #flush(): Promise<void> {
    if (this.#decoder?.state === 'configured') await this.#decoder.flush();
  }

  /** Wait until the decoder and the pictures ahead leave room for one more. */
  async #room(): Promise<void> {
    while (
      !this.#isClosed &&
      (this.frames.length >= FRAMES_MAX || (this.#decoder?.decodeQueueSize ?? 0) >= DECODE_QUEUE_MAX)
    ) {
      await this.#changed.wait();
    }
  }
}

/** Wakes whoever waits for a change; conditions are checked by the waiting side. */
class Change {
  readonly #waiting = new Set<() => void>();

  fire(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }

  wait(timeMs?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = timeMs === undefined ? undefined : setTimeout(() => wake(), timeMs);
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      this.#waiting.add(wake);
    });
  }
}
