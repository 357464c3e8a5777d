// The clock of playback: wall time of what is on screen. Several cameras may share one, then they play
// in step: who has nothing to show yet holds it, and it jumps only over time nobody recorded.

/** A player that follows the clock. */
export interface Follower {
  /** The clock was set to another time. */
  moved(timeUs: number): void;
  /** Playing began or ended, or the speed changed. */
  turned(): void;
}

export class PlayClock {
  #anchorUs = 0;
  #anchorMs = 0;
  #speed = 1;
  #isPlaying = false;
  readonly #holders = new Set<Follower>();
  /** Where the recordings of a follower go on, while the clock is in a gap of them. */
  readonly #gaps = new Map<Follower, number>();
  readonly #followers = new Set<Follower>();

  constructor(private readonly nowMs: () => number = () => performance.now()) {}

  get speed(): number {
    return this.#speed;
  }
  /** Asked to play; whether time passes depends on the holds too. */
  get isPlaying(): boolean {
    return this.#isPlaying;
  }
  get isHeld(): boolean {
    return this.#holders.size > 0;
  }

  timeUs(): number {
    if (!this.#isPlaying || this.isHeld) return this.#anchorUs;
    return this.#anchorUs + (this.nowMs() - this.#anchorMs) * 1000 * this.#speed;
  }

  follow(follower: Follower): void {
    this.#followers.add(follower);
  }

  leave(follower: Follower): void {
    this.#followers.delete(follower);
    this.#gaps.delete(follower);
    this.release(follower);
  }

  seek(timeUs: number): void {
    this.#anchor(timeUs);
    this.#gaps.clear();
    for (const follower of this.#followers) follower.moved(timeUs);
  }

  play(): void {
    if (this.#isPlaying) return;
    this.#turn(() => {
      this.#isPlaying = true;
    });
  }

  pause(): void {
    if (!this.#isPlaying) return;
    this.#turn(() => {
      this.#isPlaying = false;
    });
  }

  setSpeed(speed: number): void {
    if (speed === this.#speed || !(speed > 0)) return;
    this.#turn(() => {
      this.#speed = speed;
    });
  }

  /** Set the time without telling the followers: a step of one frame. */
  put(timeUs: number): void {
    this.#anchor(timeUs);
  }

  /** Stop time until `release`: this follower has nothing to show yet. */
  hold(follower: Follower): void {
    if (this.#holders.has(follower)) return;
    this.#anchor(this.timeUs());
    this.#holders.add(follower);
  }

  release(follower: Follower): void {
    if (!this.#holders.has(follower)) return;
    this.#anchor(this.timeUs());
    this.#holders.delete(follower);
    this.#anchorMs = this.nowMs();
  }

  /** This follower has no recording before `untilUs`. With all of them in gaps, time jumps. */
  inGap(follower: Follower, untilUs: number): void {
    this.#gaps.set(follower, untilUs);
    if (!this.#isPlaying || [...this.#followers].some((one) => !this.#gaps.has(one))) return;
    const soonestUs = Math.min(...this.#gaps.values());
    this.#gaps.clear();
    if (Number.isFinite(soonestUs) && soonestUs > this.timeUs()) this.#anchor(soonestUs);
  }

  outOfGap(follower: Follower): void {
    this.#gaps.delete(follower);
  }

  #anchor(timeUs: number): void {
    this.#anchorUs = timeUs;
    this.#anchorMs = this.nowMs();
  }

  #turn(change: () => void): void {
    this.#anchor(this.timeUs());
    change();
    for (const follower of this.#followers) follower.turned();
  }
}
