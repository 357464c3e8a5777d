// `open`: the one function that turns a sealed fragment into an `Opened`. Same checks, same order and
// same words as src/keepsight/seal/frame.py; tests/vectors/seal.json holds both to it.
//
// 1. The key is chosen by the caller, from its own authenticated question, before the bytes are seen.
// 2. The associated data is rebuilt from what the caller expects, so bytes of another household,
//    camera, stream or window fail whatever they claim.
// 3. The key commitment is compared before decrypting: AES-GCM alone does not commit to its key, and
//    one blob could be made to open under two.

import { type Bytes, concat, equalInConstantTime } from './encoding';
import {
  type Context,
  HEADER_BYTES,
  type Header,
  HeaderError,
  type Kind,
  packHeader,
  readHeader,
  STREAM_NUMBERS,
} from './header';
import { derive, encodeHeader, KID, nonce, TAG_BYTES } from './sframe';

export const SECRET_BYTES = 32;
const COMMITMENT_INFO = 'keepsight commit 1';
/** A fragment dated further ahead than this is not fresh but wrong. */
const FUTURE_US_MAX = 5_000_000n;
const SEQUENCE_MAX = (1n << 64n) - 1n;

/** Why a fragment was refused. These words appear on the ledger and, translated, on screen. */
export type Reason =
  | 'malformed'
  | 'foreign_household'
  | 'foreign_camera'
  | 'wrong_stream'
  | 'wrong_kind'
  | 'wrong_epoch'
  | 'wrong_window'
  | 'wrong_commitment'
  | 'replayed'
  | 'stale'
  | 'tampered';

/** The one way in which `open` fails. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  constructor(
    readonly reason: Reason,
    /** What was expected. */
    readonly context: Context,
    /** What the bytes claimed; null when they could not be read at all. */
    readonly header: Header | null,
  ) {
    super(reason);
  }
}

/** HKDF-Expand (RFC 5869) to one block of SHA-256; WebCrypto offers only extract and expand in one. */
async function commitmentOf(secret: Bytes): Promise<Bytes> {
  const hmac = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', secret, hmac, false, ['sign']);
  const block = concat(new TextEncoder().encode(COMMITMENT_INFO), Uint8Array.of(1));
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, block));
}

interface WindowParts {
  readonly key: CryptoKey;
  readonly salt: Bytes;
  readonly commitment: Bytes;
}

/** Reads a window key's private parts; assigned inside the class, known to this module only. */
let partsOf: (key: WindowKey) => WindowParts;

/** The derived keys of one window: one writer of one stream of one camera of one household. */
export class WindowKey {
  readonly #parts: WindowParts;

  private constructor(
    readonly context: Context,
    parts: WindowParts,
  ) {
    this.#parts = parts;
  }

  static {
    partsOf = (key) => key.#parts;
  }

  /**
   * Derive the keys of a window. The secret is not kept; overwrite it when done with it.
   * @throws RangeError the secret does not have 32 bytes.
   */
  static async derive(secret: Bytes, context: Context): Promise<WindowKey> {
    if (secret.length !== SECRET_BYTES) throw new RangeError('a window secret has 32 bytes');
    const [keys, commitment] = await Promise.all([
      derive(secret, ['decrypt']),
      commitmentOf(secret),
    ]);
    return new WindowKey(Object.freeze({ ...context }), { ...keys, commitment });
  }
}

/** What the caller asked for, besides the window itself. */
export interface Expectation {
  readonly kinds: readonly Kind[];
  readonly sequenceMin?: number | bigint;
  readonly sequenceMax?: number | bigint;
  /** Wall time of the question by the hub's clock; absent where age does not matter (recordings). */
  readonly nowUs?: number;
  /** Only looked at with nowUs. */
  readonly ageUsMax?: number;
}

class OpenedFragment {
  /** Makes the type nominal: an object literal of the same shape is not an `Opened`. */
  readonly #proof = true;
  constructor(
    readonly context: Context,
    readonly kind: Kind,
    /** Exact below 2^53, as are the times (until the year 2255). */
    readonly sequence: number,
    readonly wallUs: number,
    readonly monotonicUs: number,
    readonly flags: number,
    readonly payload: Bytes,
  ) {}

  static proves(value: unknown): value is OpenedFragment {
    return typeof value === 'object' && value !== null && #proof in value;
  }
}

/** Plaintext that proved whose it is. The class is not exported: only `open` makes one. */
export type Opened = OpenedFragment;

/** Whether a value came out of `open`. */
export const isOpened: (value: unknown) => value is Opened = OpenedFragment.proves;

function firstDifference(expected: Context, commitment: Bytes, header: Header): Reason | null {
  if (header.household !== expected.household) return 'foreign_household';
  if (header.camera !== expected.camera) return 'foreign_camera';
  if (header.stream !== STREAM_NUMBERS[expected.stream]) return 'wrong_stream';
  if (header.epoch !== expected.epoch) return 'wrong_epoch';
  if (header.writer !== expected.writer) return 'wrong_window';
  if (!equalInConstantTime(header.commitment, commitment)) return 'wrong_commitment';
  return null;
}

function outOfBounds(expected: Expectation, header: Header): Reason | null {
  if (!expected.kinds.some((kind) => kind === header.kind)) return 'wrong_kind';
  const { sequenceMin = 0n, sequenceMax = SEQUENCE_MAX } = expected;
  if (header.sequence < sequenceMin || header.sequence > sequenceMax) return 'replayed';
  if (expected.nowUs !== undefined) {
    const ageUs = BigInt(Math.round(expected.nowUs)) - header.wallUs;
    if (ageUs > (expected.ageUsMax ?? 0) || ageUs < -FUTURE_US_MAX) return 'stale';
  }
  return null;
}

/**
 * Open one sealed fragment, or refuse it.
 * @param key the window the caller asked for. Never looked up by anything in `sealed`.
 * @param expected kinds, sequence bounds and age that the caller accepts.
 * @param sealed exactly one fragment.
 * @throws Refusal anything at all differs from the expectation.
 */
export async function open(key: WindowKey, expected: Expectation, sealed: Bytes): Promise<Opened> {
  const { context } = key;
  let header: Header;
  try {
    header = readHeader(sealed);
  } catch (error) {
    if (error instanceof HeaderError) throw new Refusal('malformed', context, null);
    throw error;
  }
  if (header.length !== sealed.length - HEADER_BYTES) throw new Refusal('malformed', context, header);
  const parts = partsOf(key);
  const reason = firstDifference(context, parts.commitment, header) ?? outOfBounds(expected, header);
  if (reason !== null) throw new Refusal(reason, context, header);

  const rebuilt = packHeader({
    ...header,
    stream: STREAM_NUMBERS[context.stream],
    household: context.household,
    camera: context.camera,
    epoch: context.epoch,
    writer: context.writer,
    commitment: parts.commitment,
  });
  // The SFrame header as found goes into the associated data: a changed one fails like any other
  // change, and never chooses the key or the counter.
  const bodyOffset = HEADER_BYTES + encodeHeader(KID, header.sequence).length;
  if (sealed.length < bodyOffset + TAG_BYTES) throw new Refusal('tampered', context, header);
  let payload: ArrayBuffer;
  try {
    payload = await crypto.subtle.decrypt(
      {
        name: 'AES-GCM',
        iv: nonce(parts.salt, header.sequence),
        additionalData: concat(sealed.subarray(HEADER_BYTES, bodyOffset), rebuilt),
        tagLength: TAG_BYTES * 8,
      },
      parts.key,
      sealed.subarray(bodyOffset),
    );
  } catch {
    throw new Refusal('tampered', context, header);
  }
  return new OpenedFragment(
    context,
    header.kind as Kind,
    Number(header.sequence),
    Number(header.wallUs),
    Number(header.monotonicUs),
    header.flags,
    new Uint8Array(payload),
  );
}
