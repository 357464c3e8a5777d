/** How many events this member has not seen, for the navigation. Asked for while somebody looks. */
import { household } from './household.svelte';

const EVERY_MS = 15_000;

class EventWatch {
  unseen = $state(0);

  /** Begins; the answer ends it. */
  start(): () => void {
    const look = (): void => {
      if (document.visibilityState === 'visible') void this.look();
    };
    look();
    const timer = setInterval(look, EVERY_MS);
    document.addEventListener('visibilitychange', look);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', look);
    };
  }

  async look(): Promise<void> {
    if (!household.mayAnywhere('events')) {
      this.unseen = 0;
      return;
    }
    try {
      this.unseen = await household.ports.events.unseen();
    } catch {
      // The shell says that the hub does not answer; asked again soon.
    }
  }
}

export const eventWatch = new EventWatch();
