/** Whether the hub stopped a way because somebody else's picture came on it: looked at every few seconds. */
import { BY_HUB, type Suspension } from '../api/suspensions';
import { household } from './household.svelte';

const EVERY_MS = 10_000;

class SuspensionWatch {
  /** Those that the hub placed, until an owner lifts them. */
  foreign = $state.raw<Suspension[]>([]);

  /** Begins; the answer ends it. */
  start(): () => void {
    void this.look();
    const timer = setInterval(() => void this.look(), EVERY_MS);
    return () => clearInterval(timer);
  }

  async look(): Promise<void> {
    try {
      const { in_force } = await household.ports.suspensions.list();
      this.foreign = in_force.filter((one) => one.by === BY_HUB);
    } catch {
      // The shell says that the hub does not answer; asked again soon.
    }
  }
}

export const suspensionWatch = new SuspensionWatch();
