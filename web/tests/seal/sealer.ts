// Seals, for tests only: the product's browser code cannot.

import { type Bytes, concat, fromHex } from '../../src/seal/encoding';
import { type Context, packHeader, STREAM_NUMBERS } from '../../src/seal/header';
import { WindowKey } from '../../src/seal/open';
import { derive, encodeHeader, KID, nonce, TAG_BYTES } from '../../src/seal/sframe';

export const HOUSEHOLD = '11'.repeat(16);
export const CAMERA = '22'.repeat(16);

export function contextOf(writer: string, change: Partial<Context> = {}): Context {
  return { household: HOUSEHOLD, camera: CAMERA, stream: 'main', epoch: 1, writer, ...change };
}

export function secretOf(name: number): Bytes {
  return new Uint8Array(32).fill(name);
}

async function commitment(secret: Bytes): Promise<Bytes> {
  const hash = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', secret, hash, false, ['sign']);
  const label = new TextEncoder().encode('keepsight commit 1');
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, concat(label, fromHex('01'))));
}

export interface Sealing {
  readonly kind: number;
  readonly sequence: number;
  readonly wallUs?: number;
  readonly payload?: Bytes;
}

export async function seal(secret: Bytes, context: Context, what: Sealing): Promise<Bytes> {
  const { key, salt } = await derive(secret, ['encrypt']);
  const sequence = BigInt(what.sequence);
  const sframeHeader = encodeHeader(KID, sequence);
  const payload = what.payload ?? Uint8Array.of(what.sequence & 0xff);
  const header = packHeader({
    ...context,
    kind: what.kind,
    stream: STREAM_NUMBERS[context.stream],
    commitment: await commitment(secret),
    sequence,
    wallUs: BigInt(what.wallUs ?? 1_000_000),
    monotonicUs: 0n,
    length: sframeHeader.length + payload.length + TAG_BYTES,
    flags: 0,
  });
  const body = await crypto.subtle.encrypt(
    { name: 'AES-GCM', iv: nonce(salt, sequence), additionalData: concat(sframeHeader, header) },
    key,
    payload,
  );
  return concat(header, sframeHeader, new Uint8Array(body));
}

/** A stand-in for DeviceKey: the "wrapped" secret is the number of `secretOf`. */
export const PLAIN_DEVICE = {
  openRelease: (wrapped: string, _purpose: unknown, context: Context): Promise<WindowKey> =>
    WindowKey.derive(secretOf(Number(wrapped)), context),
};
