// This browser's signing key, with which it proves every request (DPoP, RFC 9449; the counterpart of
// src/keepsight/hub/proof.py). A copied cookie gets nothing without it, and it cannot be copied: the
// private key is not extractable and lives in IndexedDB as a handle.

import { type DeviceStore, DeviceError } from './device';
import { type Bytes, toBase64 } from './encoding';

const KEY_RECORD = 'signing key pair';
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' };
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' };
const JTI_BYTES = 16;
const NONCE = /^[0-9a-f]{32}$/;

function toBase64Url(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

function encodeJson(value: object): string {
  return toBase64Url(new TextEncoder().encode(JSON.stringify(value)));
}

function isKeyPair(value: unknown): value is CryptoKeyPair {
  return typeof value === 'object' && value !== null && 'privateKey' in value && 'publicKey' in value;
}

/** What the hub says when a proof is stale: the session's nonce and its own time. */
export interface ProofHint {
  readonly nonce?: unknown;
  readonly time_us?: unknown;
}

export class Prover {
  readonly #pair: CryptoKeyPair;
  readonly #header: string;
  #nonce = '';
  #aheadMs = 0;

  private constructor(
    pair: CryptoKeyPair,
    /** Uncompressed P-256 point, base64: what sign-in takes as `signing_key`. */
    readonly publicKey: string,
    point: Bytes,
  ) {
    this.#pair = pair;
    const jwk = {
      kty: 'EC',
      crv: 'P-256',
      x: toBase64Url(point.slice(1, 33)),
      y: toBase64Url(point.slice(33)),
    };
    this.#header = encodeJson({ typ: 'dpop+jwt', alg: 'ES256', jwk });
  }

  /**
   * The signing key of this origin, made on first use.
   * @throws DeviceError no_storage.
   */
  static async load(store: DeviceStore): Promise<Prover> {
    let pair = await store.get(KEY_RECORD);
    if (!isKeyPair(pair)) {
      pair = await store.keepFirst(
        KEY_RECORD,
        await crypto.subtle.generateKey(ALGORITHM, false, ['sign', 'verify']),
      );
      if (!isKeyPair(pair)) throw new DeviceError('no_storage');
    }
    const point = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
    return new Prover(pair, toBase64(point), point);
  }

  /** Take what the hub says about proofs; whether a proof made now would differ. */
  learn(hint: ProofHint): boolean {
    const before = this.#nonce;
    if (typeof hint.nonce === 'string' && NONCE.test(hint.nonce)) this.#nonce = hint.nonce;
    if (typeof hint.time_us === 'number') this.#aheadMs = hint.time_us / 1000 - performance.now();
    return this.#nonce !== before || typeof hint.time_us === 'number';
  }

  /** The header `DPoP` of one request, good for about a minute and once. */
  async prove(method: string, url: string): Promise<string> {
    const nowMs = this.#aheadMs === 0 ? Date.now() : performance.now() + this.#aheadMs;
    const body = encodeJson({
      htm: method,
      htu: url.split(/[?#]/)[0],
      iat: Math.floor(nowMs / 1000),
      jti: toBase64Url(crypto.getRandomValues(new Uint8Array(JTI_BYTES))),
      nonce: this.#nonce,
    });
    const text = `${this.#header}.${body}`;
    const signed = await crypto.subtle.sign(
      SIGNATURE,
      this.#pair.privateKey,
      new TextEncoder().encode(text),
    );
    return `${text}.${toBase64Url(new Uint8Array(signed))}`;
  }
}
