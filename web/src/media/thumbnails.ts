// Small pictures near a time, for hovering over the timeline: the STILL of the group, decoded and shrunk.

import { Lru } from './lru';
import type { Gops } from './gops';
import { type Recorded, sampleUs } from './recorded';
import { canDecode, UndecodableError } from './screen';
import { StillDecoder } from './stilldecoder';

const WIDTH = 320;
const KEPT_MAX = 96;

export class Thumbnails {
  readonly #decoder = new StillDecoder();
  readonly #kept = new Lru<string, ImageBitmap>(KEPT_MAX, (bitmap) => bitmap.close());

  constructor(
    private readonly gops: Gops,
    private readonly recorded: Recorded,
  ) {}

  /**
   * A picture near a time, or null where nothing was recorded. The caller closes it.
   * @throws UndecodableError; AbortError; ApiError, ReleaseError, Refusal
   */
  async at(timeUs: number, signal: AbortSignal): Promise<ImageBitmap | null> {
    const gop = await this.gops.at(timeUs);
    signal.throwIfAborted();
    if (gop === null) return null;
    const name = `${gop.segment.writer}/${gop.first}`;
    let bitmap = this.#kept.get(name);
    if (bitmap === undefined) {
      const open = await this.recorded.still(gop, signal);
      const track = open.opening.tracks.find((one) => one.kind === 'video');
      const sample = open.samples[0];
      if (track === undefined || sample === undefined) return null;
      if (!(await canDecode(track))) throw new UndecodableError();
      const timestamp = Math.round(sampleUs(open, sample));
      const chunks = [{ timestamp, isKey: true, data: sample.data }];
      const frame = await this.#decoder.decode(track, chunks, timestamp, signal);
      try {
        bitmap = await createImageBitmap(frame, { resizeWidth: WIDTH, resizeQuality: 'low' });
      } finally {
        frame.close();
      }
      this.#kept.set(name, bitmap);
    }
    return createImageBitmap(bitmap);
  }

  close(): void {
    this.#decoder.close();
    this.#kept.clear();
  }
}
