// Goal: this browser is a witness that cannot be fooled. Method: the vectors that Python reads too, and
// a hub made of them that can lie in each way that a hub can.

import { describe, expect, test } from 'vitest';
import { CheckpointError, fingerprint, readCheckpoint } from '../../src/seal/checkpoint';
import { fromBase64, toBase64, toHex } from '../../src/seal/encoding';
import { LeafError, type OpenedPart, readLeaf } from '../../src/seal/leaf';
import { type LedgerProblem, type LedgerSource, LedgerWitness } from '../../src/seal/ledger';
import { isConsistent, isIncluded, leafHash } from '../../src/seal/merkle';
import vectors from '../../../tests/vectors/ledger.json';

const roots = vectors.roots.map(fromBase64);
const openedOf = (n: number): (OpenedPart | null)[] => (vectors.lines[n - 1]?.opened ?? []) as (OpenedPart | null)[];
const leafOf = (n: number) => fromBase64(vectors.lines[n - 1]?.leaf ?? '');
const rootOf = (size: number) => roots[size - 1] ?? new Uint8Array();

function flipped(text: string): string {
  const bytes = fromBase64(text);
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  return toBase64(bytes);
}

describe('proofs', () => {
  test('every line is proven, and no other in its place', async () => {
    for (const { n, size, proof } of vectors.inclusion) {
      const hashes = proof.map(fromBase64);
      const leaf = await leafHash(leafOf(n));
      expect(await isIncluded(leaf, n - 1, size, hashes, rootOf(size))).toBe(true);
      expect(await isIncluded(leaf, n % size, size, hashes, rootOf(size))).toBe(size === 1);
      expect(await isIncluded(leaf, n - 1, size, [...hashes, leaf], rootOf(size))).toBe(false);
      expect(await isIncluded(await leafHash(leafOf((n % 21) + 1)), n - 1, size, hashes, rootOf(size))).toBe(false);
    }
  });

  test('growth is proven, and nothing else', async () => {
    for (const { from, to, proof } of vectors.consistency) {
      const hashes = proof.map(fromBase64);
      expect(await isConsistent(from, to, rootOf(from), rootOf(to), hashes)).toBe(true);
      if (from === to) continue;
      expect(await isConsistent(from, to, rootOf(to), rootOf(to), hashes)).toBe(false);
      expect(await isConsistent(from, to, rootOf(from), rootOf(from), hashes)).toBe(false);
      expect(await isConsistent(from, to, rootOf(from), rootOf(to), [])).toBe(false);
      for (const place of proof.keys()) {
        const wrong = proof.map((text, index) => fromBase64(index === place ? flipped(text) : text));
        expect(await isConsistent(from, to, rootOf(from), rootOf(to), wrong)).toBe(false);
      }
    }
    expect(await isConsistent(0, 5, rootOf(1), rootOf(5), [])).toBe(false);
    expect(await isConsistent(5, 3, rootOf(5), rootOf(3), [])).toBe(false);
  });
});

describe('checkpoints', () => {
  test('say what was signed', async () => {
    for (const { size, root, generation, note } of vectors.checkpoints) {
      const found = await readCheckpoint(vectors.household, note, vectors.public_key);
      expect([found.size, toBase64(found.root), found.generation]).toEqual([size, root, generation]);
    }
  });

  test('changed in any character are refused', async () => {
    const note = vectors.checkpoints[2]?.note ?? '';
    for (let place = 0; place < note.length - 1; place++) {
      const changed = note.slice(0, place) + (note[place] === 'A' ? 'B' : 'A') + note.slice(place + 1);
      await expect(readCheckpoint(vectors.household, changed, vectors.public_key)).rejects.toThrow(CheckpointError);
    }
    await expect(readCheckpoint('5f'.repeat(16), note, vectors.public_key)).rejects.toThrow(CheckpointError);
    await expect(readCheckpoint(vectors.household, note, flipped(vectors.public_key))).rejects.toThrow(CheckpointError);
    await expect(readCheckpoint(vectors.household, 'x'.repeat(9999), vectors.public_key)).rejects.toThrow(CheckpointError);
  });

  test('a key has a name that can be read out', async () => {
    expect(await fingerprint(vectors.public_key)).toMatch(/^([0-9a-f]{4} ){3}[0-9a-f]{4}$/);
  });
});

describe('lines', () => {
  test('say what was recorded, or that somebody was erased', async () => {
    for (const [index, { entry, opened }] of vectors.lines.entries()) {
      const found = await readLeaf(leafOf(index + 1), openedOf(index + 1));
      expect(found['n']).toBe(index + 1);
      const isErased = opened.some((part) => part === null);
      expect(found['erased'] === true).toBe(isErased);
      if (!isErased) expect(found).toMatchObject(entry);
    }
  });

  test('a content that the line does not hold is refused', async () => {
    const other = openedOf(2);
    await expect(readLeaf(leafOf(1), other)).rejects.toThrow(LeafError);
    const [part] = openedOf(1);
    const wrong = { key: part?.key ?? '', content: flipped(part?.content ?? '') };
    await expect(readLeaf(leafOf(1), [wrong])).rejects.toThrow();
    await expect(readLeaf(leafOf(1), [])).rejects.toThrow(LeafError);
  });

  test('foreign bytes are refused', async () => {
    const leaf = leafOf(1);
    for (let length = 0; length < leaf.length; length += 3) {
      await expect(readLeaf(leaf.slice(0, length), openedOf(1))).rejects.toThrow(LeafError);
    }
    for (const bytes of [[0xa0], [0xff], [0x9f, 0xff], [0xc0, 0x00], Array.from({ length: 99 }, () => 0x81)]) {
      await expect(readLeaf(Uint8Array.from(bytes), [])).rejects.toThrow(LeafError);
    }
  });
});

/** A hub whose ledger has the first `size` lines of the vectors. */
class VectorHub implements LedgerSource {
  heard: [string, LedgerProblem | null][] = [];
  publicKey = vectors.public_key;
  standing: 'held' | 'restored' | 'rolled_back' = 'held';
  spoil = (proof: string[]) => proof;
  constructor(public which: number) {}

  get note(): string {
    return vectors.checkpoints[this.which]?.note ?? '';
  }

  async checkpoint() {
    return { checkpoint: this.note, public_key: this.publicKey };
  }

  async proof(from: number, to: number) {
    const found = vectors.consistency.find((entry) => entry.from === from && entry.to === to);
    return { proof: this.spoil(found?.proof ?? []) };
  }

  async inclusion(n: number, size: number) {
    const found = vectors.inclusion.find((entry) => entry.n === n && entry.size === size);
    return { leaf: vectors.lines[n - 1]?.leaf ?? '', proof: this.spoil(found?.proof ?? []), opened: openedOf(n) };
  }

  async witness(checkpoint: string, problem: LedgerProblem | null) {
    this.heard.push([checkpoint, problem]);
    return { standing: this.standing };
  }
}

function witnessOf(hub: LedgerSource, memory = new Map<string, unknown>()) {
  const store = { get: async (name: string) => memory.get(name), put: async (name: string, value: unknown) => void memory.set(name, value) };
  return new LedgerWitness(vectors.household, hub, store, () => 1234);
}

describe('a witness', () => {
  test('pins the key first, then follows the growth', async () => {
    const hub = new VectorHub(1);
    const witness = witnessOf(hub);
    expect((await witness.contact()).kind).toBe('first');
    expect(await witness.memory()).toMatchObject({ publicKey: vectors.public_key, pinnedMs: 1234, problem: null });
    expect(hub.heard).toEqual([]);
    for (const which of [2, 2, 3, 4]) {
      const remembered = hub.note;
      hub.which = which;
      const contact = await witness.contact();
      expect(contact).toMatchObject({ kind: 'held', now: { size: vectors.checkpoints[which]?.size } });
      expect(hub.heard.at(-1)).toEqual([remembered, null]);
    }
  });

  const lies: [string, LedgerProblem, (hub: VectorHub) => void][] = [
    ['a shorter ledger', 'rollback', (hub) => (hub.which = 1)],
    ['a proof of something else', 'bad_proof', (hub) => ((hub.which = 4), (hub.spoil = (proof) => proof.map(flipped)))],
    ['no proof', 'bad_proof', (hub) => ((hub.which = 4), (hub.spoil = () => []))],
    ['a proof that is no base64', 'bad_proof', (hub) => ((hub.which = 4), (hub.spoil = () => ['*']))],
    ['another key', 'bad_key', (hub) => (hub.publicKey = flipped(vectors.public_key))],
    ['a checkpoint that nobody signed', 'bad_signature', (hub) => Object.defineProperty(hub, 'note', { value: vectors.checkpoints[4]?.note.replace('\n13\n', '\n14\n') })],
  ];
  test.each(lies)('is not fooled by %s', async (_name, problem, lie) => {
    const memory = new Map<string, unknown>();
    const hub = new VectorHub(3);
    await witnessOf(hub, memory).contact();
    const remembered = hub.note;
    lie(hub);
    const contact = await witnessOf(hub, memory).contact();
    expect(contact).toMatchObject({ kind: 'alarm', problem });
    expect(hub.heard.at(-1)).toEqual([remembered, problem]);
    // It stays, also when the hub tells the truth again: a person has to look into it.
    const honest = new VectorHub(4);
    expect(await witnessOf(honest, memory).contact()).toMatchObject({ kind: 'alarm', problem });
    await witnessOf(honest, memory).forgive();
    expect((await witnessOf(honest, memory).contact()).kind).toBe('first');
    expect((await witnessOf(honest, memory).contact()).kind).toBe('held');
  });

  test('is told of a restored backup that the owner accepted, until a person has read it', async () => {
    const memory = new Map<string, unknown>();
    const hub = new VectorHub(4);
    await witnessOf(hub, memory).contact();
    hub.which = 5;
    expect((await witnessOf(hub, memory).contact()).kind).toBe('restored');
    expect((await witnessOf(hub, memory).contact()).kind).toBe('restored');
    await witnessOf(hub, memory).forgive();
    expect((await witnessOf(hub, memory).contact()).kind).toBe('first');
    expect((await witnessOf(hub, memory).contact()).kind).toBe('held');
    hub.which = 4;
    expect(await witnessOf(hub, memory).contact()).toMatchObject({ kind: 'alarm', problem: 'rollback' });
  });

  test('proves a line and what it says, by what it remembers', async () => {
    const hub = new VectorHub(4);
    const witness = witnessOf(hub);
    await expect(witness.prove(1)).rejects.toThrow(LeafError);
    await witness.contact();
    const proven = await witness.prove(2);
    expect(proven.fields).toMatchObject(vectors.lines[1]?.entry ?? {});
    expect(proven.hashes).toBeGreaterThan(2);
    hub.spoil = (proof) => proof.map(flipped);
    await expect(witness.prove(2)).rejects.toThrow(/not in the ledger/);
  });

  test('a hub that does not hear it out is looked at all the same', async () => {
    const hub = new VectorHub(4);
    const memory = new Map<string, unknown>();
    await witnessOf(hub, memory).contact();
    hub.witness = () => Promise.reject(new Error('422'));
    hub.which = 1;
    expect(await witnessOf(hub, memory).contact()).toMatchObject({ kind: 'alarm', problem: 'rollback' });
  });
});

test('hex and bytes of ids agree', async () => {
  const found = await readLeaf(leafOf(1), openedOf(1));
  expect(found['member']).toBe(toHex(new Uint8Array(16).fill(0xaa)));
});
