// Proofs about the household's ledger: RFC 9162, 2.1. The counterpart of src/keepsight/seal/merkle.py;
// here they are only checked, never made.

import { type Bytes, concat, equalInConstantTime } from './encoding';

/** More than any proof over 2^63 leaves has. */
const PROOF_HASHES_MAX = 128;

async function sha256(bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

/** The hash of one leaf. */
export function leafHash(leaf: Bytes): Promise<Bytes> {
  return sha256(concat(Uint8Array.of(0), leaf));
}

function nodeHash(left: Bytes, right: Bytes): Promise<Bytes> {
  return sha256(concat(Uint8Array.of(1), left, right));
}

/** Numbers of leaves may pass 2^31, where JavaScript's shifts end. */
function halve(value: number): number {
  return Math.floor(value / 2);
}

function isOdd(value: number): boolean {
  return value % 2 === 1;
}

/**
 * Whether a leaf is under a root: RFC 9162, 2.1.3.2.
 * @param leaf its hash.
 * @param index its number, from 0.
 * @param size leaves under the root.
 */
export async function isIncluded(leaf: Bytes, index: number, size: number, proof: readonly Bytes[], root: Bytes): Promise<boolean> {
  if (!Number.isSafeInteger(size) || !(index >= 0 && index < size) || proof.length > PROOF_HASHES_MAX) return false;
  let place = index;
  let last = size - 1;
  let found = leaf;
  for (const other of proof) {
    if (last === 0) return false;
    if (isOdd(place) || place === last) {
      found = await nodeHash(other, found);
      while (!isOdd(place) && place !== 0) {
        place = halve(place);
        last = halve(last);
      }
    } else {
      found = await nodeHash(found, other);
    }
    place = halve(place);
    last = halve(last);
  }
  return last === 0 && equalInConstantTime(found, root);
}

/** Whether the log under `secondRoot` begins with the one under `firstRoot`: RFC 9162, 2.1.4.2. */
export async function isConsistent(
  first: number,
  second: number,
  firstRoot: Bytes,
  secondRoot: Bytes,
  proof: readonly Bytes[],
): Promise<boolean> {
  if (!Number.isSafeInteger(second) || !(first > 0 && first <= second) || proof.length > PROOF_HASHES_MAX) return false;
  if (first === second) return proof.length === 0 && equalInConstantTime(firstRoot, secondRoot);
  const isPower = Number.isInteger(Math.log2(first)) && 2 ** Math.log2(first) === first;
  const [start, ...path] = isPower ? [firstRoot, ...proof] : proof;
  if (start === undefined) return false;
  let place = first - 1;
  let last = second - 1;
  while (isOdd(place)) {
    place = halve(place);
    last = halve(last);
  }
  let [before, after] = [start, start];
  for (const other of path) {
    if (last === 0) return false;
    if (isOdd(place) || place === last) {
      [before, after] = [await nodeHash(other, before), await nodeHash(other, after)];
      while (!isOdd(place) && place !== 0) {
        place = halve(place);
        last = halve(last);
      }
    } else {
      after = await nodeHash(after, other);
    }
    place = halve(place);
    last = halve(last);
  }
  return last === 0 && equalInConstantTime(before, firstRoot) && equalInConstantTime(after, secondRoot);
}
