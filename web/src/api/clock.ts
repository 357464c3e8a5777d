// The hub's wall clock as this browser knows it. A phone's clock may be minutes off; the age of a
// picture must not be.

/** Answers slower than this say too little about the hub's time. */
const ROUND_TRIP_MS_MAX = 2000;

export class HubClock {
  #offsetUs = Date.now() * 1000 - performance.now() * 1000;
  #roundTripMs = Number.POSITIVE_INFINITY;

  /** Wall time of the hub, in microseconds. Until the first answer: this device's own. */
  nowUs(): number {
    return this.#offsetUs + performance.now() * 1000;
  }

  /**
   * Learn from an answer that carried the hub's time.
   * @param sentMs `performance.now()` when the question was sent.
   * @param receivedMs `performance.now()` when the answer was there.
   */
  learn(hubUs: number, sentMs: number, receivedMs: number): void {
    const roundTripMs = receivedMs - sentMs;
    // A quicker answer tells more. The bound grows, so that a hub whose clock was set is followed.
    if (roundTripMs > ROUND_TRIP_MS_MAX || roundTripMs > this.#roundTripMs * 1.5) {
      this.#roundTripMs *= 1.2;
      return;
    }
    this.#roundTripMs = roundTripMs;
    this.#offsetUs = hubUs - ((sentMs + receivedMs) / 2) * 1000;
  }
}
