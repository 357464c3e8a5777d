/** Undo and redo over values that are never changed in place. */

const STEPS_MAX = 200;

export class History<Value> {
  readonly #past: Value[] = [];
  #future: Value[] = [];
  #now: Value;
  #tag: string | null = null;

  constructor(start: Value) {
    this.#now = start;
  }

  get now(): Value {
    return this.#now;
  }

  get canUndo(): boolean {
    return this.#past.length > 0;
  }

  get canRedo(): boolean {
    return this.#future.length > 0;
  }

  /** @param tag changes with the same tag in a row are one step: a drag, a name that is typed. */
  push(value: Value, tag: string | null = null): void {
    if (tag === null || tag !== this.#tag) {
      this.#past.push(this.#now);
      if (this.#past.length > STEPS_MAX) this.#past.shift();
    }
    this.#tag = tag;
    this.#future = [];
    this.#now = value;
  }

  /** The next change is a step of its own. */
  settle(): void {
    this.#tag = null;
  }

  undo(): void {
    const before = this.#past.pop();
    if (before === undefined) return;
    this.#future.push(this.#now);
    this.#now = before;
    this.#tag = null;
  }

  redo(): void {
    const after = this.#future.pop();
    if (after === undefined) return;
    this.#past.push(this.#now);
    this.#now = after;
    this.#tag = null;
  }
}
