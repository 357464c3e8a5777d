// Who belongs to the household, by its own signature (the counterpart of src/keepsight/seal/membership.py).
// This browser pins the household identity and the newest entry it has seen, and uses no key while the
// hub cannot show a log that goes on from there: membership is never taken from a server's word.

import { type Bytes, concat, equalInConstantTime, fromBase64, toHex } from './encoding';

const LABEL = 'keepsight membership 1\0';
const ENTRY_CHARACTERS_MAX = 1024;
const STATE_CHARACTERS_MAX = 1024 * 1024;
const GENESIS = '0'.repeat(64);
const DIGITS_64 = /^[0-9a-f]{64}$/;

/** Why no key is used. The app has a sentence and a next step for each. */
export type MembershipProblem =
  /** Not signed by the identity that this browser pinned. */
  | 'bad_signature'
  /** Another identity than the pinned one. */
  | 'bad_key'
  /** The log does not go on from what this browser saw. */
  | 'fork'
  /** The hub's log ends before what this browser saw: an older backup was put back. */
  | 'rollback'
  /** An owner accepted an older backup; what this browser saw is of before that. */
  | 'restored'
  /** The hub holds everything back until an owner has looked into it. */
  | 'held_back'
  /** The signed list does not name this browser. */
  | 'not_listed'
  /** This browser cannot check signatures. */
  | 'unable';

export class MembershipError extends Error {
  override readonly name = 'MembershipError';
  constructor(
    readonly problem: MembershipProblem,
    options?: ErrorOptions,
  ) {
    super(`the household's membership log: ${problem}`, options);
  }
}

export interface SignedEntry {
  readonly entry: string;
  readonly signature: string;
}

/** GET /membership. */
export interface MembershipAnswer {
  readonly identity: string;
  readonly entries: readonly SignedEntry[];
  readonly state: string;
  readonly held_back: boolean;
}

export interface MembershipSource {
  membership(after: number): Promise<MembershipAnswer>;
  /** Shows the hub the newest entry that this browser has seen. */
  witness(newest: SignedEntry & { state: string }): Promise<unknown>;
}

export interface MembershipStore {
  get(name: string): Promise<unknown>;
  put(name: string, value: unknown): Promise<void>;
}

interface Entry {
  readonly version: number;
  readonly previous: string;
  readonly epoch: number;
  readonly reason: string;
  readonly state: string;
}

/** What is remembered of one household. */
interface Memory extends SignedEntry {
  readonly identity: string;
  readonly state: string;
}

/** What the newest entry says. */
export interface Standing {
  readonly version: number;
  readonly epoch: number;
}

function isMemory(value: unknown): value is Memory {
  const record = value as Partial<Memory> | null | undefined;
  return [record?.identity, record?.entry, record?.signature, record?.state].every((text) => typeof text === 'string');
}

async function digest(text: string): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))));
}

async function importIdentity(identity: string): Promise<CryptoKey> {
  let raw: Bytes;
  try {
    raw = fromBase64(identity);
  } catch (error) {
    throw new MembershipError('bad_key', { cause: error });
  }
  try {
    return await crypto.subtle.importKey('raw', raw, { name: 'Ed25519' }, false, ['verify']);
  } catch (error) {
    throw new MembershipError('unable', { cause: error });
  }
}

/**
 * An entry, if this household signed it.
 * @throws MembershipError bad_signature, also for another household's and a malformed one.
 */
export async function readEntry(key: CryptoKey, household: string, signed: SignedEntry): Promise<Entry> {
  const bad = (cause?: unknown): MembershipError => new MembershipError('bad_signature', { cause });
  if (signed.entry.length > ENTRY_CHARACTERS_MAX) throw bad();
  const text = new TextEncoder().encode(signed.entry);
  try {
    const message = concat(new TextEncoder().encode(LABEL), text);
    const isOurs = await crypto.subtle.verify({ name: 'Ed25519' }, key, fromBase64(signed.signature), message);
    if (!isOurs) throw bad();
    const found = JSON.parse(signed.entry) as Record<string, unknown>;
    const { version, previous, epoch, reason, state } = found as unknown as Entry;
    const isWhole =
      found['household'] === household &&
      [version, epoch].every((number) => Number.isSafeInteger(number) && number > 0) &&
      [previous, state].every((hash) => typeof hash === 'string' && DIGITS_64.test(hash)) &&
      typeof reason === 'string';
    if (!isWhole) throw bad();
    return { version, previous, epoch, reason, state };
  } catch (error) {
    throw error instanceof MembershipError ? error : bad(error);
  }
}

export class MembershipGuard {
  readonly #name: string;

  constructor(
    private readonly household: string,
    private readonly device: { readonly id: string; readonly publicKey: string },
    private readonly source: MembershipSource,
    private readonly store: MembershipStore,
  ) {
    this.#name = `membership of ${household}`;
  }

  /**
   * Whether an identity is the one this browser knows, if it knows one.
   * @throws MembershipError bad_key it knows another.
   */
  async recognise(identity: string): Promise<void> {
    const known = (await this.#memory())?.identity ?? (await this.store.get(`identity of ${this.household}`));
    if (typeof known === 'string' && known !== identity) throw new MembershipError('bad_key');
  }

  /**
   * Pin an identity that came another way than from the hub, such as in an invitation.
   * @throws MembershipError bad_key this browser knows another.
   */
  async pin(identity: string): Promise<void> {
    await this.recognise(identity);
    await this.store.put(`identity of ${this.household}`, identity);
  }

  /** A person has looked into it: go on from what the hub shows now, with the same identity. */
  async goOn(): Promise<void> {
    const memory = await this.#memory();
    if (memory !== null) await this.store.put(`identity of ${this.household}`, memory.identity);
    await this.store.put(this.#name, null);
  }

  /**
   * One contact: the log has to go on from what this browser remembers, and to name this browser.
   * @throws MembershipError no key may be used.
   * @throws ApiError the hub does not answer.
   */
  async contact(): Promise<Standing> {
    const memory = await this.#memory();
    const pinned = memory?.identity ?? (await this.store.get(`identity of ${this.household}`));
    try {
      return await this.#follow(memory, typeof pinned === 'string' ? pinned : null);
    } catch (error) {
      const isBehind = error instanceof MembershipError && ['fork', 'rollback'].includes(error.problem);
      if (isBehind && memory !== null) {
        const { entry, signature, state } = memory;
        await this.source.witness({ entry, signature, state }).catch(() => undefined);
      }
      throw error;
    }
  }

  /** The newest version that this browser has seen, and 0 before the first. */
  async versionSeen(): Promise<number> {
    const memory = await this.#memory();
    if (memory === null) return 0;
    return (await readEntry(await importIdentity(memory.identity), this.household, memory)).version;
  }

  /**
   * Whether a log that goes on from what this browser remembers does not name it any more. An older
   * or another log proves nothing: then what is remembered has to be kept.
   */
  async isRemovedBy(answer: MembershipAnswer): Promise<boolean> {
    const memory = await this.#memory();
    const pinned = memory?.identity ?? (await this.store.get(`identity of ${this.household}`));
    const shown = { ...answer, held_back: false };
    const source = { membership: () => Promise.resolve(shown), witness: () => Promise.resolve() };
    const other = new MembershipGuard(this.household, this.device, source, this.store);
    try {
      await other.#follow(memory, typeof pinned === 'string' ? pinned : null);
      return false;
    } catch (error) {
      return error instanceof MembershipError && error.problem === 'not_listed';
    }
  }

  async #memory(): Promise<Memory | null> {
    const found = await this.store.get(this.#name);
    return isMemory(found) ? found : null;
  }

  async #follow(memory: Memory | null, pinned: string | null): Promise<Standing> {
    const key = pinned === null ? null : await importIdentity(pinned);
    const known = memory === null || key === null ? null : await readEntry(key, this.household, memory);
    // The entry that we know comes again as the first, so that a fork shows.
    const answer = await this.source.membership(known === null ? 0 : known.version - 1);
    if (pinned !== null && answer.identity !== pinned) throw new MembershipError('bad_key');
    const entries = await this.#chain(key ?? (await importIdentity(answer.identity)), answer, memory, known);
    const [newest, signed] = [entries.at(-1), answer.entries.at(-1)];
    if (newest === undefined || signed === undefined) throw new MembershipError('rollback');
    await this.#checkState(answer.state, newest);
    if (answer.held_back) throw new MembershipError('held_back');
    await this.store.put(this.#name, {
      identity: answer.identity,
      entry: signed.entry,
      signature: signed.signature,
      state: answer.state,
    });
    return { version: newest.version, epoch: newest.epoch };
  }

  async #chain(
    key: CryptoKey,
    answer: MembershipAnswer,
    memory: Memory | null,
    known: Entry | null,
  ): Promise<Entry[]> {
    const entries: Entry[] = [];
    for (const signed of answer.entries) entries.push(await readEntry(key, this.household, signed));
    const first = entries[0];
    if (known !== null && memory !== null) {
      if ((entries.at(-1)?.version ?? 0) < known.version) throw new MembershipError('rollback');
      if (answer.entries[0]?.entry !== memory.entry) {
        const isAccepted = entries.some((one) => one.reason === 'restored' && one.version > known.version);
        throw new MembershipError(isAccepted ? 'restored' : 'fork');
      }
    } else if (first?.version === 1 && first.previous !== GENESIS) {
      throw new MembershipError('fork');
    }
    for (const [i, entry] of entries.entries()) {
      const before = entries[i - 1];
      if (before === undefined) continue;
      const follows = entry.previous === (await digest(answer.entries[i - 1]?.entry ?? ''));
      if (!follows || entry.version <= before.version || entry.epoch < before.epoch) {
        throw new MembershipError('fork');
      }
    }
    return entries;
  }

  async #checkState(state: string, newest: Entry): Promise<void> {
    if (state.length > STATE_CHARACTERS_MAX || (await digest(state)) !== newest.state) {
      throw new MembershipError('bad_signature');
    }
    const raw = fromBase64(this.device.publicKey);
    const ours = new Uint8Array(await crypto.subtle.digest('SHA-256', raw));
    const { devices } = JSON.parse(state) as { devices: [string, string, string][] };
    const isListed = devices.some(([id, , hash]) => id === this.device.id && equalHex(hash, ours));
    if (!isListed) throw new MembershipError('not_listed');
  }
}

function equalHex(text: string, bytes: Bytes): boolean {
  const encoder = new TextEncoder();
  return equalInConstantTime(encoder.encode(text), encoder.encode(toHex(bytes)));
}
