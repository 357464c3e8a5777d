/** The recorded spans around what is in view: fetched in wide pieces, refreshed at the growing end. */
import { household } from '../../app/household.svelte';
import type { Camera, TimelineLane } from '../../app/model';
import type { Lane } from './lanes';
import { Reach } from './reach';
import { DAY_US } from './scale';

const REST_MS = 120;

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
  private readonly reach = new Reach({
    restMs: REST_MS,
    marginUsMin: DAY_US / 2,
    nowUs: () => household.nowUs(),
    load: (fromUs, toUs, signal) => this.load(fromUs, toUs, signal),
  });

  /** The cameras whose lanes are wanted, in order. */
  setCameras(cameras: readonly Camera[]): void {
    this.cameras = cameras;
    const known = new Map(this.lanes.map((lane) => [lane.camera, lane]));
    this.lanes = cameras.map((camera) => known.get(camera.id) ?? { camera: camera.id, name: camera.name, spans: [], gaps: [] });
    this.reach.renew();
  }

  /** The view moved; fetches only when it leaves what is there. */
  want(fromUs: number, toUs: number): void {
    this.reach.want(fromUs, toUs);
  }

  private async load(fromUs: number, toUs: number, signal: AbortSignal): Promise<boolean> {
    const cameras = this.cameras;
    if (cameras.length === 0) return false;
    try {
      // One that is switched off would have the whole question refused.
      const ids = cameras.filter((camera) => camera.suspended?.playback === undefined).map((camera) => camera.id);
      const answers = ids.length === 0 ? [] : await household.ports.hub.timeline(ids, fromUs, toUs, signal);
      if (signal.aborted) return false;
      this.lanes = cameras.map((camera) => laneOf(camera, answers));
      this.hasFailed = false;
      this.isLoading = false;
      return true;
    } catch {
      // What was given up is no failure: the next question is on its way.
      if (!signal.aborted) [this.hasFailed, this.isLoading] = [true, false];
      return false;
    }
  }

  close(): void {
    this.reach.close();
  }
}
