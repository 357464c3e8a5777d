// Judges whether the way to this viewer carries live video, from what the door says. Pure; time comes in.

/** The door leaving out fragments this often within the time means the way is too narrow. */
const SKIPS = 3;
const SKIPS_WITHIN_MS = 15_000;
/** Data that waits longer than this in front of the viewer is no live view any more. */
const DELAY_MS_MAX = 2500;
/** After falling back: try live again after this long, and longer after each failure. */
const PROBE_MS = 20_000;
const PROBE_MS_MAX = 60_000;
/** A try that goes well for so long has succeeded. */
const TRIAL_MS = 5000;

export type Way = 'live' | 'stills' | 'trial';

export class NetworkJudge {
  #way: Way = 'live';
  #skipsMs: number[] = [];
  #sinceMs = 0;
  #probeMs = PROBE_MS;
  #pictures = 0;

  /** How pictures should come now; `trial` is live while the stills stay on screen. */
  get way(): Way {
    return this.#way;
  }

  /** Fragments were left out because this viewer is slow. */
  skipped(nowMs: number): Way {
    this.#skipsMs = this.#skipsMs.filter((ms) => nowMs - ms < SKIPS_WITHIN_MS);
    this.#skipsMs.push(nowMs);
    if (this.#way === 'trial' || this.#skipsMs.length >= SKIPS) this.#fallBack(nowMs);
    return this.#way;
  }

  /** A live picture was shown. */
  picture(): void {
    this.#pictures += 1;
  }

  /**
   * Called about once a second.
   * @param delayMs how much longer than at best the newest ping took.
   */
  tick(nowMs: number, delayMs: number): Way {
    if (this.#way === 'live') {
      if (delayMs > DELAY_MS_MAX) this.#fallBack(nowMs);
    } else if (this.#way === 'stills') {
      if (nowMs - this.#sinceMs >= this.#probeMs) this.#enter('trial', nowMs);
    } else if (delayMs > DELAY_MS_MAX) {
      this.#fallBack(nowMs);
    } else if (nowMs - this.#sinceMs >= TRIAL_MS) {
      if (this.#pictures > 1) this.#recover(nowMs);
      else this.#fallBack(nowMs);
    }
    return this.#way;
  }

  #enter(way: Way, nowMs: number): void {
    this.#way = way;
    this.#sinceMs = nowMs;
    this.#pictures = 0;
    this.#skipsMs = [];
  }

  #fallBack(nowMs: number): void {
    this.#probeMs = this.#way === 'trial' ? Math.min(this.#probeMs * 1.5, PROBE_MS_MAX) : PROBE_MS;
    this.#enter('stills', nowMs);
  }

  #recover(nowMs: number): void {
    this.#probeMs = PROBE_MS;
    this.#enter('live', nowMs);
  }
}
