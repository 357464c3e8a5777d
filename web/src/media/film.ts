// What was recorded of one camera, as this browser can show it: the main stream, or the smaller second one
// where the main one is in a format that this browser does not decode.

import type { Camera } from '../api/types';
import { type GopParts, Gops } from './gops';
import { Recorded, type RecordedParts } from './recorded';
import { UndecodableError } from './screen';
import { Thumbnails } from './thumbnails';

interface Reel {
  readonly gops: Gops;
  readonly recorded: Recorded;
  readonly thumbnails: Thumbnails;
}

export class Film {
  readonly #reels: readonly [Reel, ...Reel[]];
  #reel: Reel;

  /** @throws RangeError the camera has no main stream. */
  constructor(parts: GopParts & RecordedParts, camera: Camera) {
    const reelOf = (stream: 'main' | 'sub'): Reel | null => {
      const source = camera.streams.find((one) => one.stream === stream);
      if (source === undefined) return null;
      const gops = new Gops(parts, camera.id, stream);
      const recorded = new Recorded(parts, { camera: camera.id, stream, opaque: source.opaque });
      return { gops, recorded, thumbnails: new Thumbnails(gops, recorded) };
    };
    const [main, sub] = [reelOf('main'), reelOf('sub')];
    if (main === null) throw new RangeError('a camera has a main stream');
    this.#reels = sub === null ? [main] : [main, sub];
    this.#reel = main;
  }

  get gops(): Gops {
    return this.#reel.gops;
  }

  get recorded(): Recorded {
    return this.#reel.recorded;
  }

  /** Whether the smaller stream stands in for the main one. */
  get isSubstitute(): boolean {
    return this.#reel !== this.#reels[0];
  }

  /** Go on with the smaller stream. False: there is none, or it is in use already. */
  fallBack(): boolean {
    const next = this.#reels[1];
    if (next === undefined || this.#reel === next) return false;
    this.#reel = next;
    return true;
  }

  /**
   * A small picture near a time, or null where nothing was recorded. The caller closes it.
   * @throws UndecodableError; AbortError; ApiError, ReleaseError, Refusal
   */
  async thumbnail(timeUs: number, signal: AbortSignal): Promise<ImageBitmap | null> {
    const tried = this.#reel;
    try {
      return await tried.thumbnails.at(timeUs, signal);
    } catch (error) {
      // Several may be under way: only the first of them changes the reel.
      const isOther = this.#reel !== tried || (error instanceof UndecodableError && this.fallBack());
      if (!(error instanceof UndecodableError) || !isOther) throw error;
      return this.#reel.thumbnails.at(timeUs, signal);
    }
  }

  close(): void {
    for (const reel of this.#reels) reel.thumbnails.close();
  }
}
