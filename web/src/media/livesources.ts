// What of one camera may be looked at live, and where it comes from.

import type { Camera, CameraStream } from '../api/types';
import type { FeedSource } from './feed';

/** Streams of a camera that this session may fetch. */
export class LiveSources {
  constructor(private readonly camera: Camera) {}

  of(stream: CameraStream['stream']): FeedSource | null {
    const found = this.camera.streams.find((candidate) => candidate.stream === stream);
    return found === undefined ? null : { camera: this.camera.id, stream, opaque: found.opaque };
  }

  /** Only stills may be seen: they come as a stream of their own, one a second at most. */
  get isStillOnly(): boolean {
    return this.of('main') === null && this.of('sub') === null;
  }

  /** Single pictures of a camera with privacy masks are masked ones, or none. */
  get isMasked(): boolean {
    return this.camera.masked === true;
  }

  /** Where single pictures come from. */
  get stills(): FeedSource | null {
    return this.isMasked ? this.of('still') : (this.of('sub') ?? this.of('main'));
  }
}

/** Decoders that break this often within the time do not decode this stream. */
const BREAKS = 4;
const BREAKS_WITHIN_MS = 20_000;

/** Counts how often the decoder broke. */
export class Breaks {
  #atMs: number[] = [];

  /** @returns whether it was once too often; counting begins anew then. */
  isTooMany(nowMs: number): boolean {
    this.#atMs = this.#atMs.filter((ms) => nowMs - ms < BREAKS_WITHIN_MS);
    this.#atMs.push(nowMs);
    if (this.#atMs.length < BREAKS) return false;
    this.#atMs = [];
    return true;
  }
}

/** Passes values on for as long as something holds. */
export function whileTrue<A extends unknown[]>(holds: () => boolean, tell: (...values: A) => void): (...values: A) => void {
  return (...values) => {
    if (holds()) tell(...values);
  };
}
