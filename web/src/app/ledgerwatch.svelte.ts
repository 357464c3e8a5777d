/** Keeps an eye on the household's ledger while the program is open: at its start and every few minutes. */
import type { Contact } from '../seal/ledger';
import { household } from './household.svelte';

const EVERY_MS = 5 * 60_000;

class LedgerWatch {
  /** What the newest contact showed; null before the first. */
  contact = $state.raw<Contact | null>(null);
  /** When that was. */
  atMs = $state(0);
  #now: Promise<void> | null = null;

  /** Whether something has to be said wherever the person is. */
  get isAlarming(): boolean {
    return this.contact?.kind === 'alarm' || this.contact?.kind === 'restored';
  }

  /** Begins; the answer ends it. */
  start(): () => void {
    void this.look();
    const timer = setInterval(() => void this.look(), EVERY_MS);
    return () => {
      clearInterval(timer);
      this.contact = null;
    };
  }

  /** One contact now. A hub that does not answer is no alarm: the shell says that already. */
  look(): Promise<void> {
    this.#now ??= this.#look().finally(() => (this.#now = null));
    return this.#now;
  }

  async #look(): Promise<void> {
    const id = household.session?.household.id;
    if (id === undefined) return;
    try {
      const contact = await household.ports.ledger.contact(id);
      if (household.session?.household.id !== id) return;
      this.contact = contact;
      this.atMs = Date.now();
    } catch {
      // Asked again in a few minutes.
    }
  }

  /** A person has looked into it: owners accept it for the household, everybody for this browser. */
  async goOn(): Promise<void> {
    const session = household.session;
    if (session === null) return;
    await household.ports.ledger.forgive(session.household.id);
    // Ends every session where a backup was restored, this one too.
    if (session.role === 'owner') await household.ports.ledger.accept();
    await this.look();
  }
}

export const ledgerWatch = new LedgerWatch();
