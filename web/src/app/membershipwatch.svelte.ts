/** What this browser thinks of the household's signed membership log, for the banner over every page. */
import type { MembershipProblem } from '../seal/membership';

class MembershipWatch {
  /** Why no key is used; null when all is well. */
  problem = $state.raw<MembershipProblem | null>(null);
  /** Set by the wiring: forget what was remembered of the log, and look again. */
  goOn: () => Promise<void> = () => Promise.resolve();
}

export const membershipWatch = new MembershipWatch();
