/** What is loaded around the view: asked for in wide pieces when the view leaves it, one question at a time. */

const REFRESH_MS = 10_000;

export interface ReachParts {
  /** So long the view rests before anything is asked. */
  readonly restMs: number;
  /** Loaded on each side of the view, where the view itself is not wider. */
  readonly marginUsMin: number;
  readonly nowUs: () => number;
  /**
   * Reads a stretch that ends with the present at the latest. It counts as loaded when this resolves with true;
   * what comes after the signal is not to be used.
   */
  readonly load: (fromUs: number, toUs: number, signal: AbortSignal) => Promise<boolean>;
  /** Every ten seconds; without it everything is loaded anew. */
  readonly refresh?: () => Promise<void>;
}

export class Reach {
  #loaded = { fromUs: 0, toUs: 0 };
  #wanted = { fromUs: 0, toUs: 0 };
  #abort = new AbortController();
  #rest: ReturnType<typeof setTimeout> | undefined;
  readonly #refresh: ReturnType<typeof setInterval>;

  constructor(private readonly parts: ReachParts) {
    const refresh = parts.refresh ?? (() => this.load());
    this.#refresh = setInterval(() => void refresh().catch(() => undefined), REFRESH_MS);
  }

  /** Aborted when what is being read is not wanted any more. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Where what is loaded ends; 0: nothing is. */
  get toUs(): number {
    return this.#loaded.toUs;
  }

  /** Whether the view shows anything after this. */
  isWantedAfter(us: number): boolean {
    return this.#wanted.toUs > us;
  }

  /** The view moved; asks only when it leaves what is there. */
  want(fromUs: number, toUs: number): void {
    this.#wanted = { fromUs, toUs };
    if (fromUs >= this.#loaded.fromUs && Math.min(toUs, this.parts.nowUs()) <= this.#loaded.toUs) return;
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => void this.load(), this.#loaded.toUs === 0 ? 0 : this.parts.restMs);
  }

  /** Something else is asked for from now on. */
  renew(): void {
    this.#loaded = { fromUs: 0, toUs: 0 };
    void this.load();
  }

  /** Its growing end was read by `refresh`. */
  grow(toUs: number): void {
    this.#loaded.toUs = Math.max(this.#loaded.toUs, toUs);
  }

  /** A failure leaves what was loaded: asked again with the next move, or refreshed. */
  async load(): Promise<void> {
    if (this.#wanted.toUs === 0) return;
    this.#abort.abort();
    const { signal } = (this.#abort = new AbortController());
    const marginUs = Math.max(this.#wanted.toUs - this.#wanted.fromUs, this.parts.marginUsMin);
    const fromUs = Math.floor(this.#wanted.fromUs - marginUs);
    const toUs = Math.ceil(Math.min(this.#wanted.toUs + marginUs, this.parts.nowUs()));
    const isLoaded = await this.parts.load(fromUs, toUs, signal).catch(() => false);
    if (isLoaded && !signal.aborted) this.#loaded = { fromUs, toUs };
  }

  close(): void {
    clearInterval(this.#refresh);
    clearTimeout(this.#rest);
    this.#abort.abort();
  }
}
