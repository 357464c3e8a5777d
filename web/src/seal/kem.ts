// How window keys reach this device: HPKE (RFC 9180) with one of two KEMs; the counterpart of
// src/keepsight/seal/release.py.
//
// New browsers get X-Wing (ML-KEM-768 with X25519), so that a recording of today's wraps stays closed
// even to somebody who breaks X25519 later. No browser holds ML-KEM keys itself, so its seed is kept
// encrypted under an AES key that cannot be extracted, and is in this page's memory while it runs:
// whoever runs code in the page could carry it away, which an X25519 handle does not allow. Browsers
// that were enrolled with an X25519 handle go on using it.

import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256, type KemInterface } from '@hpke/core';
import { XWing } from '@hpke/hybridkem-x-wing';
import { type Bytes, toBase64 } from './encoding';

export type KemName = 'x25519' | 'mlkem768_x25519';

const SEED_BYTES = 32;
const NONCE_BYTES = 12;

/** One device's key pair, ready to open wraps. */
export interface DeviceKem {
  readonly name: KemName;
  /** Raw public key, base64: what sign-in takes. */
  readonly publicKey: string;
  readonly encapsulatedBytes: number;
  /** @throws Error wrapped for another key or another purpose. */
  open(encapsulated: Bytes, info: Bytes, sealed: Bytes): Promise<Bytes>;
}

function kemOf(name: KemName, kem: KemInterface, pair: CryptoKeyPair, publicKey: Bytes): DeviceKem {
  const suite = new CipherSuite({ kem, kdf: new HkdfSha256(), aead: new Aes256Gcm() });
  return {
    name,
    publicKey: toBase64(publicKey),
    encapsulatedBytes: kem.encSize,
    async open(enc, info, sealed) {
      const recipient = await suite.createRecipientContext({ recipientKey: pair, enc, info });
      return new Uint8Array(await recipient.open(sealed));
    },
  };
}

/** A key pair of WebCrypto; the private key stays a handle. */
export async function curveKem(pair: CryptoKeyPair): Promise<DeviceKem> {
  const raw = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
  return kemOf('x25519', new DhkemX25519HkdfSha256(), pair, raw);
}

/** X-Wing's key pair of a seed. */
export async function hybridKem(seed: Bytes): Promise<DeviceKem> {
  const kem = new XWing();
  const pair = await kem.generateKeyPairDerand(seed);
  const raw = new Uint8Array(await kem.serializePublicKey(pair.publicKey));
  return kemOf('mlkem768_x25519', kem, pair, raw);
}

/** A seed at rest: bytes that only this browser's own AES key opens. */
export interface KeptSeed {
  readonly key: CryptoKey;
  readonly nonce: Bytes;
  readonly sealed: ArrayBuffer;
}

export function isKeptSeed(value: unknown): value is KeptSeed {
  return typeof value === 'object' && value !== null && 'sealed' in value && 'nonce' in value && 'key' in value;
}

/** A fresh seed, ready to be kept. */
export async function newSeed(): Promise<KeptSeed> {
  const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const seed = crypto.getRandomValues(new Uint8Array(SEED_BYTES));
  const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonce }, key, seed);
  seed.fill(0);
  return { key, nonce, sealed };
}

/**
 * The seed that was kept.
 * @throws OperationError it was changed.
 */
export async function openSeed(kept: KeptSeed): Promise<Bytes> {
  const { key, nonce, sealed } = kept;
  return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv: nonce }, key, sealed));
}
