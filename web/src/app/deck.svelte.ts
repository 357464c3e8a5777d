/** One camera being watched: live, or at a moment in the past. The camera page and the timeline page share it. */
import { household } from './household.svelte';
import type { Camera } from './model';
import { fileStem, NO_REPORT, saveBlob } from './picture';
import type { LiveReport, LiveView, PlaybackReport, PlaybackView, StreamChoice } from './ports';

export const SPEEDS = [0.5, 1, 2, 4, 8, 16] as const;
const BOXES = 'keepsight.boxes';
/** A click this close to the present means live. */
const LIVE_US = 3_000_000;

export class Deck {
  mode = $state<'live' | 'playback'>('live');
  speed = $state(1);
  isMuted = $state(true);
  /** Dark pictures are lifted for the eyes. */
  isBright = $state(false);
  /** What the watcher sees is drawn over live pictures; remembered in this browser. */
  hasBoxes = $state(localStorage.getItem(BOXES) === 'on');
  choice = $state<StreamChoice>('auto');
  live = $state.raw<LiveReport>(NO_REPORT);
  liveView = $state.raw<LiveView | null>(null);
  /** Where playback is asked to be; the view follows, e.g. after the camera changed. */
  targetUs = $state(0);
  isPlaying = $state(true);
  playback = $state.raw<PlaybackReport | null>(null);
  private view: PlaybackView | null = null;

  /** Wall time of the picture on screen. */
  get shownUs(): number {
    if (this.mode === 'playback') return this.playback?.timeUs ?? this.targetUs;
    return household.nowUs() - (this.live.ageSeconds ?? 0) * 1e6;
  }

  /** The playback view in its container; closed by the returned function. */
  open(camera: Camera, container: HTMLElement): () => void {
    // Another camera goes on where the one before was.
    if (this.playback !== null) this.targetUs = this.playback.timeUs;
    this.playback = null;
    const view = household.ports.playback.open(camera, container, (now) => (this.playback = now));
    this.view = view;
    view.setMuted(this.isMuted);
    view.setSpeed(this.speed);
    view.seek(this.targetUs);
    if (this.isPlaying) view.play();
    else view.pause();
    return () => {
      if (this.view === view) this.view = null;
      view.close();
    };
  }

  goLive(): void {
    this.mode = 'live';
    this.playback = null;
  }

  seek(us: number): void {
    if (us >= household.nowUs() - LIVE_US) {
      this.goLive();
      return;
    }
    this.targetUs = us;
    if (this.mode === 'live') {
      this.mode = 'playback';
      this.isPlaying = true;
    } else {
      if (this.playback !== null) this.playback = { ...this.playback, timeUs: us };
      this.view?.seek(us);
    }
  }

  seekBy(seconds: number): void {
    this.seek(this.shownUs + seconds * 1e6);
  }

  toggle(): void {
    if (this.mode === 'live') {
      this.isPlaying = false;
      this.targetUs = this.shownUs;
      this.mode = 'playback';
      return;
    }
    this.isPlaying = !this.isPlaying;
    if (this.isPlaying) this.view?.play();
    else this.view?.pause();
  }

  step(direction: 1 | -1): void {
    if (this.mode === 'live') {
      this.toggle();
      return;
    }
    this.isPlaying = false;
    this.view?.step(direction);
  }

  setSpeed(speed: number): void {
    this.speed = speed;
    this.view?.setSpeed(speed);
  }

  changeSpeed(direction: 1 | -1): void {
    const index = SPEEDS.indexOf(this.speed as (typeof SPEEDS)[number]);
    const next = SPEEDS[Math.min(Math.max(index + direction, 0), SPEEDS.length - 1)];
    if (next !== undefined) this.setSpeed(next);
  }

  toggleBoxes(): void {
    this.hasBoxes = !this.hasBoxes;
    localStorage.setItem(BOXES, this.hasBoxes ? 'on' : 'off');
  }

  toggleSound(): void {
    this.isMuted = !this.isMuted;
    this.view?.setMuted(this.isMuted);
  }

  /** Saves the picture on screen as a file; it never leaves this browser. */
  async snapshot(camera: Camera): Promise<void> {
    const picture = await (this.mode === 'live' ? this.liveView : this.view)?.snapshot();
    if (picture === undefined) return;
    const ending = picture.type === 'image/jpeg' ? 'jpg' : 'png';
    saveBlob(picture, `${fileStem(camera.name, this.shownUs)}.${ending}`);
  }
}
