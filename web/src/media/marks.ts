// When things happened, for benchmarks and for the diagnostics page: first picture and latency of each.

import type { Shown } from './screen';

const LATENCIES_MAX = 4096;

/** One picture: when it was taken (hub), when its bytes arrived, when it was drawn (this page). */
export type Latency = readonly [wallUs: number, receivedMs: number, drawnMs: number];

export class Marks {
  /** performance.now() of each step towards the first picture. */
  askedMs: number | null = null;
  initMs: number | null = null;
  stillMs: number | null = null;
  firstPictureMs: number | null = null;
  /** The newest pictures, at most LATENCIES_MAX. */
  readonly latencies: Latency[] = [];

  asked(): void {
    this.askedMs ??= performance.now();
  }
  init(receivedMs: number): void {
    this.initMs ??= receivedMs;
  }
  still(receivedMs: number): void {
    this.stillMs ??= receivedMs;
  }

  shown(shown: Shown): void {
    if (this.firstPictureMs === null) {
      this.firstPictureMs = shown.drawnMs;
      // Seen by a PerformanceObserver, so that the built pages can be measured as they are.
      performance.measure('keepsight first picture', {
        start: this.askedMs ?? shown.receivedMs,
        end: shown.drawnMs,
      });
    }
    this.latencies.push([shown.wallUs, shown.receivedMs, shown.drawnMs]);
    if (this.latencies.length > LATENCIES_MAX) this.latencies.shift();
  }
}
