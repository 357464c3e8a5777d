/** Something a person asked for: one at a time, with a button that waits and a failure in words. */
import { explain, household } from './household.svelte';

export class Errand {
  isBusy = $state(false);
  /** Of the last one; empty while one runs, and after it went well. */
  failure = $state('');

  /** @param words of what went wrong, where `explain` does not know them. */
  constructor(private readonly words: (error: unknown) => string = explain) {}

  /**
   * Whether it was done. A second one while the first runs is not begun. Where the hub wants to know who asks,
   * the person proves it first.
   */
  run(work: () => Promise<unknown>): Promise<boolean> {
    return this.alone(async () => {
      try {
        await household.confirmed(work);
        return true;
      } catch (error) {
        this.failure = this.words(error);
        return false;
      }
    });
  }

  /** The same where no form is there to show a failure: it is said at the edge of the page. */
  attempt(work: () => Promise<unknown>): Promise<boolean> {
    return this.alone(async () => (await household.attempt(async () => (await work(), true))) !== null);
  }

  private async alone(work: () => Promise<boolean>): Promise<boolean> {
    if (this.isBusy) return false;
    this.isBusy = true;
    this.failure = '';
    try {
      return await work();
    } finally {
      this.isBusy = false;
    }
  }
}
