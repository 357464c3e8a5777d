/** Asks before a link or the browser takes a person away from what they have not saved. */

export class Leaving {
  /** The link that was followed and not obeyed, until it is decided. */
  wanted = $state.raw<HTMLAnchorElement | null>(null);
  #isLeaving = false;

  /** Watches until the returned function is called. */
  guard(isChanged: () => boolean): () => void {
    const onClick = (event: MouseEvent): void => {
      const anchor = event.target instanceof Element ? event.target.closest('a[href]') : null;
      const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
      if (this.#isLeaving || !isPlain || !(anchor instanceof HTMLAnchorElement) || anchor.target === '_blank' || !isChanged()) return;
      event.preventDefault();
      event.stopPropagation();
      this.wanted = anchor;
    };
    const onUnload = (event: BeforeUnloadEvent): void => {
      if (isChanged()) event.preventDefault();
    };
    document.addEventListener('click', onClick, true);
    addEventListener('beforeunload', onUnload);
    return () => {
      document.removeEventListener('click', onClick, true);
      removeEventListener('beforeunload', onUnload);
    };
  }

  stay(): void {
    this.wanted = null;
  }

  /** Follows the link after all. */
  go(): void {
    const anchor = this.wanted;
    this.wanted = null;
    this.#isLeaving = true;
    anchor?.click();
    this.#isLeaving = false;
  }
}
