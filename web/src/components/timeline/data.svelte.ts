/** The recorded spans around what is in view: fetched in wide pieces, refreshed at the growing end. */
import { household } from '../../app/household.svelte';
import type { Camera, TimelineLane } from '../../app/model';
import type { Lane } from './lanes';
import { DAY_US } from './scale';

const REST_MS = 120;
const REFRESH_MS = 10_000;

function laneOf(camera: Camera, answers: readonly TimelineLane[]): Lane {
  const own = answers.filter((lane) => lane.camera === camera.id);
  const main = own.find((lane) => lane.stream === 'main' && lane.spans.length + lane.gaps.length > 0);
  const best = main ?? own.find((lane) => lane.stream === 'sub') ?? own[0];
  return { camera: camera.id, name: camera.name, spans: best?.spans ?? [], gaps: best?.gaps ?? [] };
}

export class TimelineData {
  lanes = $state.raw<readonly Lane[]>([]);
  isLoading = $state(true);
  /** When the oldest span in reach began; null before the first answer. */
  get firstUs(): number | null {
    const starts = this.lanes.flatMap((lane) => lane.spans.slice(0, 1).map((span) => span[0]));
    return this.isLoading || starts.length === 0 ? null : Math.min(...starts);
  }
  hasFailed = $state(false);
  private cameras: readonly Camera[] = [];
  private fromUs = 0;
  private toUs = 0;
  private wanted = { fromUs: 0, toUs: 0 };
  private abort: AbortController | null = null;
  private rest: ReturnType<typeof setTimeout> | undefined;
  private readonly refresh = setInterval(() => void this.load(), REFRESH_MS);

  /** The cameras whose lanes are wanted, in order. */
  setCameras(cameras: readonly Camera[]): void {
    this.cameras = cameras;
    this.fromUs = this.toUs = 0;
    const known = new Map(this.lanes.map((lane) => [lane.camera, lane]));
    this.lanes = cameras.map((camera) => known.get(camera.id) ?? { camera: camera.id, name: camera.name, spans: [], gaps: [] });
    if (this.wanted.toUs > 0) void this.load();
  }

  /** The view moved; fetches only when it leaves what is there. */
  want(fromUs: number, toUs: number): void {
    this.wanted = { fromUs, toUs };
    if (fromUs >= this.fromUs && Math.min(toUs, household.nowUs()) <= this.toUs) return;
    clearTimeout(this.rest);
    this.rest = setTimeout(() => void this.load(), this.toUs === 0 ? 0 : REST_MS);
  }

  private async load(): Promise<void> {
    if (this.cameras.length === 0 || this.wanted.toUs === 0) return;
    this.abort?.abort();
    const abort = (this.abort = new AbortController());
    const marginUs = Math.max(this.wanted.toUs - this.wanted.fromUs, DAY_US / 2);
    const fromUs = Math.floor(this.wanted.fromUs - marginUs);
    const toUs = Math.ceil(Math.min(this.wanted.toUs + marginUs, household.nowUs()));
    const cameras = this.cameras;
    try {
      // One that is switched off would have the whole question refused.
      const ids = cameras.filter((camera) => camera.suspended?.playback === undefined).map((camera) => camera.id);
      const answers = ids.length === 0 ? [] : await household.ports.hub.timeline(ids, fromUs, toUs, abort.signal);
      if (abort.signal.aborted) return;
      this.lanes = cameras.map((camera) => laneOf(camera, answers));
      this.fromUs = fromUs;
      this.toUs = toUs;
      this.hasFailed = false;
    } catch {
      if (!abort.signal.aborted) this.hasFailed = true;
    } finally {
      this.isLoading = false;
    }
  }

  close(): void {
    clearInterval(this.refresh);
    clearTimeout(this.rest);
    this.abort?.abort();
  }
}
