/** The picture under the pointer: asked for after a short rest, kept for a while, never queued up. */
import type { Camera } from '../../app/model';

export type FetchThumbnail = (camera: Camera, timeUs: number, signal: AbortSignal) => Promise<ImageBitmap | null>;

const REST_MS = 70;
const KEPT_MAX = 80;

export class Thumbnails {
  /** What is shown: null while loading or where nothing was recorded. */
  picture = $state.raw<ImageBitmap | null>(null);
  private kept = new Map<string, ImageBitmap | null>();
  private abort: AbortController | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly fetchThumbnail: FetchThumbnail) {}

  /** Shows the picture near `timeUs`; `stepUs` is how coarse the view is. */
  want(camera: Camera, timeUs: number, stepUs: number): void {
    const coarse = Math.max(1_000_000, stepUs);
    const rounded = Math.floor(timeUs / coarse) * coarse;
    const key = `${camera.id} ${rounded} ${coarse}`;
    this.stop();
    if (this.kept.has(key)) {
      this.picture = this.kept.get(key) ?? null;
      return;
    }
    this.timer = setTimeout(() => void this.load(camera, timeUs, key), REST_MS);
  }

  private async load(camera: Camera, timeUs: number, key: string): Promise<void> {
    const abort = new AbortController();
    this.abort = abort;
    try {
      const picture = await this.fetchThumbnail(camera, timeUs, abort.signal);
      this.keep(key, picture);
      if (!abort.signal.aborted) this.picture = picture;
    } catch {
      if (!abort.signal.aborted) this.picture = null;
    }
  }

  private keep(key: string, picture: ImageBitmap | null): void {
    this.kept.set(key, picture);
    for (const [oldest, old] of this.kept) {
      if (this.kept.size <= KEPT_MAX) break;
      if (old === this.picture) continue;
      old?.close();
      this.kept.delete(oldest);
    }
  }

  /** Nothing is pointed at any more. */
  stop(): void {
    clearTimeout(this.timer);
    this.abort?.abort();
    this.abort = null;
  }

  close(): void {
    this.stop();
    this.picture = null;
    for (const picture of this.kept.values()) picture?.close();
    this.kept.clear();
  }
}
