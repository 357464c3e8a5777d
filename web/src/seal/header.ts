// The 122 bytes in front of every sealed fragment (design/wire.md, section 1).
// Readable without a key, trusted by nobody: only open.ts believes a header, and only after
// comparing it with what the caller asked for.

import { type Bytes, fromHex, toHex } from './encoding';

export const HEADER_BYTES = 122;
/** No single fragment is larger: bounds what a forged length field can make a reader allocate. */
export const FRAGMENT_BYTES_MAX = 64 * 1024 * 1024;
const MAGIC = 0x4b534631; // 'KSF1'

/** What a fragment holds. */
export const Kind = { STILL: 1, GOP: 2, INIT: 3, THUMB: 4, EVENT: 5, EXPORT: 6 } as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

/** Which of a camera's streams. The names are those of the HTTP API. */
export const STREAM_NUMBERS = { main: 1, sub: 2, audio: 3, still: 4, event: 5 } as const;
export type StreamName = keyof typeof STREAM_NUMBERS;

export const Flag = { KEYFRAME: 1, DISCONTINUITY: 2, SENDER_TIME: 4 } as const;

/** Whose fragment this is: fixed for one key window. Ids are 32 lower-case hex digits. */
export interface Context {
  readonly household: string;
  readonly camera: string;
  readonly stream: StreamName;
  /** Number of the household's master key, from 1. */
  readonly epoch: number;
  /** New in each window and at each process start. */
  readonly writer: string;
}

/** The fields in wire order, after the magic. Nothing here has been authenticated. */
export interface Header {
  readonly kind: number;
  readonly stream: number;
  readonly household: string;
  readonly camera: string;
  readonly epoch: number;
  readonly writer: string;
  readonly commitment: Bytes;
  readonly sequence: bigint;
  readonly wallUs: bigint;
  readonly monotonicUs: bigint;
  /** Bytes that follow the header. */
  readonly length: number;
  readonly flags: number;
}

/** Not a sealed fragment of this version, or cut short. */
export class HeaderError extends Error {
  override readonly name = 'HeaderError';
}

/**
 * Read the header at `offset`, checking only its form.
 * @throws HeaderError too short, another magic, or a length above FRAGMENT_BYTES_MAX.
 */
export function readHeader(sealed: Bytes, offset = 0): Header {
  if (sealed.length - offset < HEADER_BYTES) {
    throw new HeaderError(`a sealed fragment has at least ${HEADER_BYTES} bytes`);
  }
  const view = new DataView(sealed.buffer, sealed.byteOffset + offset, HEADER_BYTES);
  if (view.getUint32(0) !== MAGIC) throw new HeaderError('the magic KSF1 is missing');
  const length = view.getUint32(114);
  if (length > FRAGMENT_BYTES_MAX) {
    throw new HeaderError(`length ${length} is above the limit of ${FRAGMENT_BYTES_MAX}`);
  }
  const bytes = sealed.subarray(offset, offset + HEADER_BYTES);
  return {
    kind: view.getUint8(4),
    stream: view.getUint8(5),
    household: toHex(bytes.subarray(6, 22)),
    camera: toHex(bytes.subarray(22, 38)),
    epoch: view.getUint32(38),
    writer: toHex(bytes.subarray(42, 58)),
    commitment: bytes.slice(58, 90),
    sequence: view.getBigUint64(90),
    wallUs: view.getBigUint64(98),
    monotonicUs: view.getBigUint64(106),
    length,
    flags: view.getUint32(118),
  };
}

/** The 122 bytes. */
export function packHeader(header: Header): Bytes {
  const bytes = new Uint8Array(HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC);
  view.setUint8(4, header.kind);
  view.setUint8(5, header.stream);
  bytes.set(fromHex(header.household), 6);
  bytes.set(fromHex(header.camera), 22);
  view.setUint32(38, header.epoch);
  bytes.set(fromHex(header.writer), 42);
  bytes.set(header.commitment, 58);
  view.setBigUint64(90, header.sequence);
  view.setBigUint64(98, header.wallUs);
  view.setBigUint64(106, header.monotonicUs);
  view.setUint32(114, header.length);
  view.setUint32(118, header.flags);
  return bytes;
}

/**
 * Cut an answer of fragments back to back into its fragments.
 * @throws HeaderError a header is malformed, the last fragment is cut short, or there are too many.
 */
export function splitFragments(body: Bytes, countMax: number): Bytes[] {
  const fragments: Bytes[] = [];
  let offset = 0;
  while (offset < body.length) {
    const end = offset + HEADER_BYTES + readHeader(body, offset).length;
    if (end > body.length) throw new HeaderError('the last fragment is cut short');
    if (fragments.length === countMax) throw new HeaderError(`more than ${countMax} fragments`);
    fragments.push(body.subarray(offset, end));
    offset = end;
  }
  return fragments;
}
