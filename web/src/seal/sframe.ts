// SFrame, RFC 9605: cipher suite 0x0005, AES_256_GCM_SHA512_128. Key derivation, header encoding and
// nonce; the decryption itself is in open.ts and nowhere else.

import { type Bytes, concat } from './encoding';

export const TAG_BYTES = 16;
const CIPHER_SUITE = 0x0005;
const KEY_BITS = 256;
const NONCE_BYTES = 12;
/** The one key id we use: nothing in the bytes chooses a key. */
export const KID = 0n;
const COUNTER_MAX = (1n << 64n) - 1n;

function bigEndian(value: bigint, bytes: number): Bytes {
  const encoded = new Uint8Array(bytes);
  for (let i = bytes - 1, rest = value; i >= 0; i--, rest >>= 8n) encoded[i] = Number(rest & 0xffn);
  return encoded;
}

/**
 * The variable-length SFrame header of RFC 9605, section 4.3.
 * @throws RangeError kid or counter does not fit 64 bits or is negative.
 */
export function encodeHeader(kid: bigint, counter: bigint): Bytes {
  let config = 0;
  const tails: Bytes[] = [];
  for (const [value, shift] of [[kid, 4], [counter, 0]] as const) {
    if (value < 0n || value > COUNTER_MAX) throw new RangeError('SFrame numbers have 64 bits');
    if (value < 8n) {
      config |= Number(value) << shift;
    } else {
      const bytes = Math.ceil(value.toString(16).length / 2);
      config |= (0x8 | (bytes - 1)) << shift;
      tails.push(bigEndian(value, bytes));
    }
  }
  return concat(Uint8Array.of(config), ...tails);
}

/** The AES-GCM key and the salt of one base key. */
export interface SFrameKeys {
  readonly key: CryptoKey;
  readonly salt: Bytes;
}

/**
 * sframe_key and sframe_salt of RFC 9605, section 4.4.2.
 * @param usages what the key may do; a reader asks for decrypt only, so that it cannot even seal.
 */
export async function derive(
  baseKey: Bytes,
  usages: readonly KeyUsage[],
  kid: bigint = KID,
): Promise<SFrameKeys> {
  const base = await crypto.subtle.importKey('raw', baseKey, 'HKDF', false, ['deriveKey', 'deriveBits']);
  const suffix = concat(bigEndian(kid, 8), bigEndian(BigInt(CIPHER_SUITE), 2));
  const hkdf = (label: string): HkdfParams => ({
    name: 'HKDF',
    hash: 'SHA-512',
    salt: new Uint8Array(),
    info: concat(new TextEncoder().encode(label), suffix),
  });
  const [key, salt] = await Promise.all([
    crypto.subtle.deriveKey(
      hkdf('SFrame 1.0 Secret key '),
      base,
      { name: 'AES-GCM', length: KEY_BITS },
      false,
      [...usages],
    ),
    crypto.subtle.deriveBits(hkdf('SFrame 1.0 Secret salt '), base, NONCE_BYTES * 8),
  ]);
  return { key, salt: new Uint8Array(salt) };
}

/** salt XOR counter, both big endian: RFC 9605, section 4.4.3. */
export function nonce(salt: Bytes, counter: bigint): Bytes {
  const mixed = bigEndian(counter, NONCE_BYTES);
  for (let i = 0; i < NONCE_BYTES; i++) mixed[i] = (mixed[i] ?? 0) ^ (salt[i] ?? 0);
  return mixed;
}
