// A checkpoint of the household's ledger: a C2SP signed note. The counterpart of
// src/keepsight/seal/checkpoint.py; here it is only read.

import { type Bytes, concat, equalInConstantTime, fromBase64, toBase64 } from './encoding';

const NOTE_CHARACTERS_MAX = 4096;
const KEY_ID_BYTES = 4;
const HASH_BYTES = 32;
const ED25519 = 1;

export interface Checkpoint {
  /** Lines of the ledger. */
  readonly size: number;
  readonly root: Bytes;
  /** Goes up when the owner accepts a ledger that was restored from an old backup. */
  readonly generation: number;
}

/** Not a checkpoint of this household, or not signed by its key. */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError';
}

/** This browser cannot check Ed25519 signatures: Chrome before 137, Firefox before 129, Safari before 17. */
export class NoEd25519Error extends Error {
  override readonly name = 'NoEd25519Error';
}

function originOf(household: string): string {
  return `keepsight/${household}`;
}

async function keyId(household: string, publicKey: Bytes): Promise<Bytes> {
  const name = new TextEncoder().encode(`${originOf(household)}\n`);
  const hash = await crypto.subtle.digest('SHA-256', concat(name, Uint8Array.of(ED25519), publicKey));
  return new Uint8Array(hash).slice(0, KEY_ID_BYTES);
}

/** Four groups of hex digits that two people can compare by voice. */
export async function fingerprint(publicKey: string): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', fromBase64(publicKey)));
  const digits = [...hash.slice(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return digits.replace(/(.{4})(?=.)/g, '$1 ');
}

async function importKey(publicKey: Bytes): Promise<CryptoKey> {
  try {
    return await crypto.subtle.importKey('raw', publicKey, { name: 'Ed25519' }, false, ['verify']);
  } catch (error) {
    throw new NoEd25519Error('this browser cannot check Ed25519 signatures', { cause: error });
  }
}

async function signedBy(household: string, body: string, signatures: string, publicKey: Bytes): Promise<boolean> {
  const wanted = await keyId(household, publicKey);
  for (const line of signatures.split('\n')) {
    const [dash, name, encoded, ...rest] = line.split(' ');
    if (dash !== '\u2014' || name !== originOf(household) || encoded === undefined || rest.length > 0) continue;
    const signed = fromBase64(encoded);
    if (!equalInConstantTime(signed.slice(0, KEY_ID_BYTES), wanted)) continue;
    const key = await importKey(publicKey);
    const text = new TextEncoder().encode(body);
    return crypto.subtle.verify({ name: 'Ed25519' }, key, signed.slice(KEY_ID_BYTES), text);
  }
  return false;
}

/**
 * What a signed note says, after its signature was checked.
 * @param publicKey the household identity that this browser pinned, base64.
 * @throws CheckpointError damaged, another household's, or not signed by this key.
 * @throws NoEd25519Error this browser cannot tell.
 */
export async function readCheckpoint(household: string, note: string, publicKey: string): Promise<Checkpoint> {
  const end = note.indexOf('\n\n');
  if (note.length > NOTE_CHARACTERS_MAX || end < 0) throw new CheckpointError('this is no checkpoint');
  const [origin, size, root, extension, ...rest] = note.slice(0, end).split('\n');
  if (origin !== originOf(household)) throw new CheckpointError("this checkpoint is another household's");
  if (size === undefined || root === undefined || rest.length > 0) throw new CheckpointError('this is no checkpoint');
  const generation = extension === undefined ? 1 : Number(/^generation ([1-9][0-9]{0,8})$/.exec(extension)?.[1]);
  try {
    const found = { size: Number(size), root: fromBase64(root), generation };
    const isWhole =
      /^(0|[1-9][0-9]{0,14})$/.test(size) &&
      Number.isInteger(generation) &&
      found.root.length === HASH_BYTES &&
      toBase64(found.root) === root;
    if (!isWhole) throw new CheckpointError('this checkpoint is damaged');
    if (!(await signedBy(household, note.slice(0, end + 1), note.slice(end + 2), fromBase64(publicKey)))) {
      throw new CheckpointError("this checkpoint is not signed by this household's key");
    }
    return found;
  } catch (error) {
    if (error instanceof RangeError) throw new CheckpointError('this checkpoint is damaged', { cause: error });
    throw error;
  }
}
