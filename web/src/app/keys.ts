/** Single-key commands. Silent while something is typed, a dialog is open or a modifier is held. */
export type KeyMap = Record<string, (event: KeyboardEvent) => void>;

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLInputElement && !['checkbox', 'radio', 'button'].includes(target.type);
}

export interface KeyScope {
  /** The dialog whose keys they are, while it is the one on top; without it they are the page's. */
  dialog?: () => HTMLDialogElement | undefined;
  /** A page's own keys come before those that work everywhere. */
  isFirst?: boolean;
}

/** The dialog on top; the last in the page of those that are open. */
function topDialog(): HTMLDialogElement | undefined {
  return [...document.querySelectorAll<HTMLDialogElement>('dialog[open]')].at(-1);
}

/** Listens until the returned function is called. Keys as in KeyboardEvent.key, letters in lower case. */
export function bindKeys(keys: KeyMap, { dialog = () => undefined, isFirst = false }: KeyScope = {}): () => void {
  const listener = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping(event.target) || topDialog() !== dialog()) return;
    const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const command = keys[name];
    if (command === undefined) return;
    const isPressing = event.target instanceof HTMLButtonElement || event.target instanceof HTMLAnchorElement;
    if (isPressing && (name === ' ' || name === 'Enter')) return;
    event.preventDefault();
    command(event);
  };
  addEventListener('keydown', listener, isFirst);
  return () => removeEventListener('keydown', listener, isFirst);
}
