/** Single-key commands. Silent while something is typed, a dialog is open or a modifier is held. */
export type KeyMap = Record<string, (event: KeyboardEvent) => void>;

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLInputElement && !['checkbox', 'radio', 'button'].includes(target.type);
}

/** Listens until the returned function is called. Keys as in KeyboardEvent.key, letters in lower case. */
export function bindKeys(keys: KeyMap): () => void {
  const listener = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping(event.target) || document.querySelector('dialog[open]') !== null) return;
    const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const command = keys[name];
    if (command === undefined) return;
    const isPressing = event.target instanceof HTMLButtonElement || event.target instanceof HTMLAnchorElement;
    if (isPressing && (name === ' ' || name === 'Enter')) return;
    event.preventDefault();
    command(event);
  };
  addEventListener('keydown', listener);
  return () => removeEventListener('keydown', listener);
}
