// A line of the ledger out of the bytes that the Merkle tree is over: deterministic CBOR, with sealed
// parts. The counterpart of src/keepsight/seal/ledger.py.
//
// Nothing is opened here: the hub gives a part's content and its key, and sealing that content again
// must give the very bytes that lie in the leaf.

import { type Bytes, concat, equalInConstantTime, fromBase64, fromHex, toHex } from './encoding';

const LEAF_BYTES_MAX = 64 * 1024;
const DEPTH_MAX = 16;
const PART_LABEL = 'ledger part 1';

/** What stands in a leaf: JSON's values, and bytes. */
export type Value = string | number | boolean | null | Bytes | Value[] | { [name: string]: Value };
export type LeafMap = Record<string, Value>;

/** Bytes that are no line of a ledger. */
export class LeafError extends Error {
  override readonly name = 'LeafError';
}

/** What the hub gives to read one sealed part: base64. Null where the person was erased. */
export interface OpenedPart {
  readonly key: string;
  readonly content: string;
}

/** Reads the part of CBOR that ledger lines are made of: RFC 8949 without tags and endless lengths. */
class Reader {
  #at = 0;
  readonly #view: DataView;

  constructor(private readonly bytes: Bytes) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get isAtEnd(): boolean {
    return this.#at === this.bytes.length;
  }

  value(depth = 0): Value {
    if (depth > DEPTH_MAX) throw new LeafError('too deep');
    const first = this.#view.getUint8(this.#at++);
    const kind = first >> 5;
    if (kind === 7) return this.#simple(first & 31);
    const count = this.#count(first & 31);
    if (kind === 0) return count;
    if (kind === 1) return -1 - count;
    if (kind === 2) return this.#take(count);
    if (kind === 3) return new TextDecoder('utf-8', { fatal: true }).decode(this.#take(count));
    if (count > this.bytes.length) throw new LeafError('too long');
    if (kind === 4) return Array.from({ length: count }, () => this.value(depth + 1));
    if (kind === 5) return this.#map(count, depth);
    throw new LeafError('a tag');
  }

  #map(count: number, depth: number): LeafMap {
    const found: LeafMap = Object.create(null) as LeafMap;
    for (let i = 0; i < count; i++) {
      const name = this.value(depth + 1);
      if (typeof name !== 'string' || name in found) throw new LeafError('a field without a name of its own');
      found[name] = this.value(depth + 1);
    }
    return found;
  }

  #simple(which: number): Value {
    if (which === 20) return false;
    if (which === 21) return true;
    if (which === 22) return null;
    const at = this.#at;
    if (which === 27) {
      this.#at += 8;
      return this.#view.getFloat64(at);
    }
    if (which === 26) {
      this.#at += 4;
      return this.#view.getFloat32(at);
    }
    if (which === 25) {
      this.#at += 2;
      return half(this.#view.getUint16(at));
    }
    throw new LeafError('a value of an unknown kind');
  }

  #count(short: number): number {
    if (short < 24) return short;
    const at = this.#at;
    if (short === 24) return this.#view.getUint8((this.#at += 1) - 1);
    if (short === 25) return this.#view.getUint16((this.#at += 2) - 2);
    if (short === 26) return this.#view.getUint32((this.#at += 4) - 4);
    if (short !== 27) throw new LeafError('an endless length');
    this.#at += 8;
    const value = this.#view.getBigUint64(at);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new LeafError('a number above 2^53');
    return Number(value);
  }

  #take(count: number): Bytes {
    if (this.#at + count > this.bytes.length) throw new LeafError('cut off');
    return this.bytes.slice(this.#at, (this.#at += count));
  }
}

function half(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const size = exponent === 0 ? fraction * 2 ** -24 : exponent === 31 ? (fraction === 0 ? Infinity : NaN) : (1024 + fraction) * 2 ** (exponent - 25);
  return bits & 0x8000 ? -size : size;
}

function decodeMap(bytes: Bytes): LeafMap {
  try {
    const reader = new Reader(bytes);
    const found = reader.value();
    const isMap = typeof found === 'object' && found !== null && !Array.isArray(found) && !(found instanceof Uint8Array);
    if (!isMap || !reader.isAtEnd) throw new LeafError('not one map');
    return found as LeafMap;
  } catch (error) {
    if (error instanceof LeafError) throw error;
    throw new LeafError('these bytes are no line of a ledger', { cause: error });
  }
}

/** Ids come as bytes; everywhere else in the program they are hex. */
function plain(value: Value): Value {
  return value instanceof Uint8Array ? toHex(value) : value;
}

async function isSealing(n: number, subject: Bytes, sealed: Bytes, part: OpenedPart): Promise<boolean> {
  const label = new TextEncoder().encode(PART_LABEL);
  const number = fromHex(n.toString(16).padStart(16, '0'));
  const sized = (bytes: Bytes): Bytes => concat(Uint8Array.of(bytes.length >> 8, bytes.length & 255), bytes);
  const place = concat(sized(label), sized(number), sized(subject));
  const key = await crypto.subtle.importKey('raw', fromBase64(part.key), 'AES-GCM', false, ['encrypt']);
  const algorithm = { name: 'AES-GCM', iv: new Uint8Array(12), additionalData: place };
  const again = new Uint8Array(await crypto.subtle.encrypt(algorithm, key, fromBase64(part.content)));
  return equalInConstantTime(again, sealed);
}

/**
 * What a leaf says, with the contents of its sealed parts, each checked against the leaf.
 * @throws LeafError it is no line, or a given content is not what lies in it.
 */
export async function readLeaf(leaf: Bytes, opened: readonly (OpenedPart | null)[]): Promise<LeafMap> {
  if (leaf.length > LEAF_BYTES_MAX) throw new LeafError('too long for a line');
  const map = decodeMap(leaf);
  const { n, sealed } = map;
  if (typeof n !== 'number' || !Array.isArray(sealed) || sealed.length !== opened.length) {
    throw new LeafError('not a line with these parts');
  }
  const found: LeafMap = {};
  for (const [name, value] of Object.entries(map)) {
    if (!['v', 'salt', 'sealed'].includes(name)) found[name] = plain(value);
  }
  for (const [index, entry] of sealed.entries()) {
    const part = opened[index];
    const [subject, cipher] = Array.isArray(entry) ? entry : [];
    if (!(subject instanceof Uint8Array) || !(cipher instanceof Uint8Array)) throw new LeafError('a part without a seal');
    if (part === null || part === undefined) {
      found['erased'] = true;
      continue;
    }
    if (!(await isSealing(n, subject, cipher, part))) throw new LeafError('a part is not what the line holds');
    for (const [name, value] of Object.entries(decodeMap(fromBase64(part.content)))) found[name] = plain(value);
  }
  return found;
}
