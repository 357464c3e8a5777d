// Counts what `open` refused and tells the hub, which writes it to the ledger. Telling is rate-limited:
// a cache that hands out a thousand wrong fragments must not make a thousand requests.

import type { RefusalReport } from '../api/types';
import { toBase64 } from '../seal/encoding';
import { HEADER_BYTES } from '../seal/header';
import type { Reason, Refusal } from '../seal/open';
import type { Bytes } from '../seal/encoding';

/** One report per camera, stream and reason in this time. */
const SAME_MS = 30_000;
/** One report of any kind in this time. */
const ANY_MS = 250;
const REMEMBERED_MAX = 512;

export class Refusals {
  readonly #counts = new Map<Reason, number>();
  /** When each (camera, stream, reason) was last told, oldest first. */
  readonly #told = new Map<string, number>();
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly tell: (report: RefusalReport) => Promise<void>,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** How often each reason occurred since the page was opened. */
  get counts(): ReadonlyMap<Reason, number> {
    return this.#counts;
  }

  /** Count one refusal and, unless it was told lately, tell the hub. */
  add(refusal: Refusal, sealed: Bytes): void {
    const { reason, context } = refusal;
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
    const name = `${context.camera}/${context.stream}/${reason}`;
    const now = this.nowMs();
    const toldMs = this.#told.get(name) ?? Number.NEGATIVE_INFINITY;
    if (now - toldMs < SAME_MS || now - this.#lastMs < ANY_MS) return;
    this.#lastMs = now;
    this.#told.delete(name);
    this.#told.set(name, now);
    for (const oldest of this.#told.keys()) {
      if (this.#told.size <= REMEMBERED_MAX) break;
      this.#told.delete(oldest);
    }
    const header = toBase64(sealed.subarray(0, HEADER_BYTES));
    // The hub may be away; the count stays, and the next refusal tells it again.
    this.tell({ camera: context.camera, stream: context.stream, reason, header }).catch(() => {
      this.#told.delete(name);
    });
  }
}
