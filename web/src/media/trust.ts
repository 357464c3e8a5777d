// Whether keys may be used at all: the household's signed membership log is looked at before the first
// key is asked for, after each new epoch, and every few minutes. While it is not in order, none is.

import type { Release } from '../api/types';
import { ReleaseError } from '../seal/device';
import { MembershipError, type MembershipGuard, type MembershipProblem, type Standing } from '../seal/membership';

const GOOD_MS = 5 * 60_000;
/** After a refusal it is looked at again, but not with every question of every camera. */
const BAD_MS = 5_000;

export class Trust {
  #standing: Promise<Standing> | null = null;
  #untilMs = 0;

  constructor(
    private readonly guard: Pick<MembershipGuard, 'contact'>,
    /** Told at every look: null when all is well. */
    private readonly say: (problem: MembershipProblem | null) => void,
  ) {}

  /** Look again before the next key. */
  renew(): void {
    this.#untilMs = 0;
  }

  /**
   * The log is in order.
   * @throws MembershipError no key may be used.
   * @throws ApiError the hub does not answer.
   */
  demand(): Promise<Standing> {
    if (this.#standing === null || performance.now() > this.#untilMs) {
      this.#untilMs = Number.POSITIVE_INFINITY;
      this.#standing = this.#look();
    }
    return this.#standing;
  }

  async #look(): Promise<Standing> {
    try {
      const standing = await this.guard.contact();
      this.#untilMs = performance.now() + GOOD_MS;
      this.say(null);
      return standing;
    } catch (error) {
      this.#untilMs = performance.now() + BAD_MS;
      if (error instanceof MembershipError) this.say(error.problem);
      throw error;
    }
  }

  /**
   * Live keys of an epoch before the one that the log names are of a hub that went back in time.
   * @throws ReleaseError
   */
  check(releases: readonly Release[], standing: Standing): void {
    const isLive = (release: Release): boolean => ['live', 'still'].includes(release.purpose);
    if (releases.some((release) => isLive(release) && release.epoch < standing.epoch)) {
      throw new ReleaseError('a live key of an epoch that is over');
    }
  }
}
