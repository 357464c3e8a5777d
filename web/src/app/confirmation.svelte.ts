/** Asks once more who is there, where the hub wants a proof of the last ten minutes. */

class Confirmation {
  isOpen = $state(false);
  /** What is asked for: who is there, or the PIN of this display. */
  kind = $state<'person' | 'pin'>('person');
  #answer: ((isConfirmed: boolean) => void) | null = null;

  /** Opens the dialog; whether the person has proved who they are. */
  ask(kind: 'person' | 'pin' = 'person'): Promise<boolean> {
    this.#answer?.(false);
    this.kind = kind;
    this.isOpen = true;
    return new Promise((resolve) => (this.#answer = resolve));
  }

  /** The dialog's end. */
  finish(isConfirmed: boolean): void {
    this.isOpen = false;
    this.#answer?.(isConfirmed);
    this.#answer = null;
  }
}

export const confirmation = new Confirmation();
