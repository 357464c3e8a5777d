// Stills of a camera with privacy masks: JPEG that the watcher made, the masks black. The browser decodes
// them by itself; no track, no decoder of ours.

import type { Opened } from '../seal/open';
import { canvasBlob } from './canvas';
import type { LiveScreen, ScreenEvents } from './screen';

/** As the hub takes them: design/wire.md, section 9. */
const SIDE_MAX = 1280;

/** A picture that this browser does not decode. */
export class ThumbError extends Error {
  override readonly name = 'ThumbError';
}

/**
 * Decode a picture that was opened; it is the caller's to close.
 * @throws ThumbError it is none, or much too large.
 */
export async function decodeThumb(opened: Opened): Promise<ImageBitmap> {
  const blob = new Blob([opened.payload], { type: 'image/jpeg' });
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(blob);
  } catch (error) {
    throw new ThumbError('this picture cannot be decoded', { cause: error });
  }
  if (bitmap.width <= SIDE_MAX && bitmap.height <= SIDE_MAX) return bitmap;
  bitmap.close();
  throw new ThumbError('this picture is larger than any still');
}

export class ThumbScreen implements LiveScreen {
  readonly kind = 'thumb';
  readonly element: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #events: Pick<ScreenEvents, 'shown'>;
  /** Counts what was shown or cleared: a picture decoded meanwhile comes too late. */
  #turn = 0;

  constructor(events: Pick<ScreenEvents, 'shown'>) {
    this.#events = events;
    this.element = document.createElement('canvas');
    this.element.className = 'picture';
    const context = this.element.getContext('2d', { alpha: false });
    if (context === null) throw new Error('this browser gives no 2D canvas');
    this.#context = context;
  }

  /** @throws ThumbError */
  async show(opened: Opened, receivedMs: number): Promise<void> {
    const turn = ++this.#turn;
    const bitmap = await decodeThumb(opened);
    const { width, height } = bitmap;
    if (turn === this.#turn) {
      this.element.width = width;
      this.element.height = height;
      this.#context.drawImage(bitmap, 0, 0);
      this.#events.shown({ wallUs: opened.wallUs, width, height, receivedMs, drawnMs: performance.now() });
    }
    bitmap.close();
  }

  /** Pictures of a track need another screen. */
  begin(): Promise<boolean> {
    return Promise.resolve(false);
  }

  push(): void {
    // never called: `begin` says no
  }

  clear(): void {
    this.#turn += 1;
    this.#context.clearRect(0, 0, this.element.width, this.element.height);
  }

  snapshot(): Promise<Blob> {
    return canvasBlob(this.element);
  }

  close(): void {
    this.#turn += 1;
    this.element.remove();
  }
}
