// This browser as a witness of the household's ledger: it remembers the newest checkpoint that it has
// seen, and at each contact the hub has to prove that its ledger still begins with that one. Whoever
// changes the past, or shows two people two different ledgers, cannot prove it.

import { CheckpointError, NoEd25519Error, type Checkpoint, readCheckpoint } from './checkpoint';
import { equalInConstantTime, fromBase64 } from './encoding';
import { LeafError, type LeafMap, type OpenedPart, readLeaf } from './leaf';
import { isConsistent, isIncluded, leafHash } from './merkle';

/** What this browser could not have proven to it. */
export type LedgerProblem = 'fork' | 'rollback' | 'bad_proof' | 'bad_signature' | 'bad_key';

/** The answers of the hub that are checked here. */
export interface LedgerSource {
  checkpoint(): Promise<{ checkpoint: string; public_key: string }>;
  proof(from: number, to: number): Promise<{ proof: string[] }>;
  inclusion(n: number, size: number): Promise<{ leaf: string; proof: string[]; opened: (OpenedPart | null)[] }>;
  /** Shows the hub what this browser remembers, and what it could not have proven to it. */
  witness(checkpoint: string, problem: LedgerProblem | null): Promise<{ standing: 'held' | 'restored' | 'rolled_back' }>;
}

/** Where the memory is kept: IndexedDB in the browser, a Map in tests. */
export interface LedgerStore {
  get(name: string): Promise<unknown>;
  put(name: string, value: unknown): Promise<void>;
}

/** What is remembered of one household. */
export interface Memory {
  /** The household identity, base64: pinned at first contact. */
  readonly publicKey: string;
  readonly pinnedMs: number;
  readonly note: string;
  /** Stays until a person has looked into it. */
  readonly problem: LedgerProblem | null;
  /** A person has looked into it: the next contact goes on from what the hub shows then. */
  readonly isForgiven?: boolean;
}

export type Contact =
  /** Seen for the first time: there is nothing yet to compare with. */
  | { readonly kind: 'first'; readonly now: Checkpoint }
  /** Proven: the ledger of `now` begins with that of `before`. */
  | { readonly kind: 'held'; readonly before: Checkpoint; readonly now: Checkpoint; readonly hashes: number }
  /** The owner accepted a restored backup: this browser's memory is of before that. */
  | { readonly kind: 'restored'; readonly before: Checkpoint; readonly now: Checkpoint }
  | { readonly kind: 'alarm'; readonly problem: LedgerProblem; readonly before: Checkpoint | null }
  /** This browser cannot check signatures. */
  | { readonly kind: 'unable' };

/** A line that was proven to be in the ledger. */
export interface ProvenLine {
  readonly n: number;
  readonly hashes: number;
  readonly fields: LeafMap;
}

function isMemory(value: unknown): value is Memory {
  const record = value as Partial<Memory> | null | undefined;
  return typeof record === 'object' && record !== null && typeof record.note === 'string' && typeof record.publicKey === 'string';
}

class Problem extends Error {
  constructor(readonly problem: LedgerProblem) {
    super(problem);
  }
}

export class LedgerWitness {
  readonly #name: string;

  constructor(
    private readonly household: string,
    private readonly source: LedgerSource,
    private readonly store: LedgerStore,
    private readonly nowMs: () => number = Date.now,
  ) {
    this.#name = `ledger of ${household}`;
  }

  async memory(): Promise<Memory | null> {
    const found = await this.store.get(this.#name);
    return isMemory(found) ? found : null;
  }

  /**
   * One contact: show what is remembered, ask for the newest, have the growth proven, remember it.
   * @throws ApiError the hub does not answer.
   */
  async contact(): Promise<Contact> {
    const memory = await this.memory();
    if (memory !== null && memory.problem === null && memory.isForgiven !== true) {
      // First of all: a hub whose data were restored releases nothing more from here on.
      await this.source.witness(memory.note, null).catch(() => undefined);
    }
    let before: Checkpoint | null = null;
    try {
      const { checkpoint: note, public_key: publicKey } = await this.source.checkpoint();
      if (memory === null || memory.isForgiven === true) {
        const now = await this.#read(note, publicKey);
        await this.#remember({ publicKey, pinnedMs: this.nowMs(), note, problem: null });
        return { kind: 'first', now };
      }
      before = await readCheckpoint(this.household, memory.note, memory.publicKey);
      if (memory.problem !== null) return { kind: 'alarm', problem: memory.problem, before };
      if (publicKey !== memory.publicKey) throw new Problem('bad_key');
      const now = await this.#read(note, memory.publicKey);
      if (now.generation > before.generation) return { kind: 'restored', before, now };
      const hashes = await this.#follow(before, now);
      await this.#remember({ ...memory, note });
      return { kind: 'held', before, now, hashes };
    } catch (error) {
      if (error instanceof NoEd25519Error) return { kind: 'unable' };
      if (!(error instanceof Problem)) throw error;
      return this.#alarm(memory, before, error.problem);
    }
  }

  /**
   * A person has looked into an alarm or a restored backup: the next contact goes on from what the hub
   * shows then. Kept, because accepting a restored backup ends this session first.
   */
  async forgive(): Promise<void> {
    const memory = await this.memory();
    if (memory !== null) await this.#remember({ ...memory, problem: null, isForgiven: true });
  }

  /**
   * That a line is in the ledger of the remembered checkpoint, and what it says there.
   * @throws LeafError what the hub gave is not in it.
   */
  async prove(n: number): Promise<ProvenLine> {
    const memory = await this.memory();
    if (memory === null) throw new LeafError('there is no checkpoint to prove it by');
    const { size, root } = await readCheckpoint(this.household, memory.note, memory.publicKey);
    const answer = await this.source.inclusion(n, size);
    const leaf = fromBase64(answer.leaf);
    const proof = answer.proof.map(fromBase64);
    if (!(await isIncluded(await leafHash(leaf), n - 1, size, proof, root))) {
      throw new LeafError('this line is not in the ledger that the household signed');
    }
    const fields = await readLeaf(leaf, answer.opened);
    if (fields['n'] !== n) throw new LeafError('this is another line');
    return { n, hashes: proof.length, fields };
  }

  async #read(note: string, publicKey: string): Promise<Checkpoint> {
    try {
      return await readCheckpoint(this.household, note, publicKey);
    } catch (error) {
      if (error instanceof CheckpointError) throw new Problem('bad_signature');
      throw error;
    }
  }

  async #follow(before: Checkpoint, now: Checkpoint): Promise<number> {
    if (now.generation < before.generation || now.size < before.size) throw new Problem('rollback');
    if (now.size === before.size) {
      if (!equalInConstantTime(now.root, before.root)) throw new Problem('fork');
      return 0;
    }
    if (before.size === 0) return 0;
    const { proof } = await this.source.proof(before.size, now.size);
    const hashes = proof.map((text) => {
      try {
        return fromBase64(text);
      } catch {
        throw new Problem('bad_proof');
      }
    });
    if (!(await isConsistent(before.size, now.size, before.root, now.root, hashes))) throw new Problem('bad_proof');
    return hashes.length;
  }

  async #alarm(memory: Memory | null, before: Checkpoint | null, problem: LedgerProblem): Promise<Contact> {
    if (memory !== null) {
      await this.#remember({ ...memory, problem });
      // A hub that lies here may lie to us about this too; an honest one raises its own alarm.
      await this.source.witness(memory.note, problem).catch(() => undefined);
    }
    return { kind: 'alarm', problem, before };
  }

  async #remember(memory: Memory): Promise<void> {
    await this.store.put(this.#name, memory);
  }
}
