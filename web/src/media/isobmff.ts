// Reads exactly the fragmented MP4 that the hub writes (hub/mp4.py, design/wire.md section 1): one init
// segment per window, then moof and mdat. Strict and bounded; anything else is a FormatError.

import { type Bytes, toHex } from '../seal/encoding';

/** More samples in one fragment than two seconds can hold. */
const SAMPLES_MAX = 4096;
const BOXES_MAX = 64;
const TRACKS_MAX = 2;

/** Not what the hub writes. */
export class FormatError extends Error {
  override readonly name = 'FormatError';
}

export interface VideoTrack {
  readonly kind: 'video';
  readonly id: number;
  /** Ticks a second. */
  readonly timescale: number;
  /** RFC 6381, e.g. avc1.640028. */
  readonly codec: string;
  /** avcC or hvcC record, as VideoDecoder wants it. */
  readonly description: Bytes;
  readonly width: number;
  readonly height: number;
}

export interface AudioTrack {
  readonly kind: 'audio';
  readonly id: number;
  readonly timescale: number;
  /** mp4a.40.2, opus, alaw or ulaw. */
  readonly codec: string;
  /** AudioSpecificConfig of AAC; null otherwise. */
  readonly description: Bytes | null;
  readonly sampleRate: number;
  readonly channels: number;
}

export type Track = VideoTrack | AudioTrack;

/** One picture or one frame of sound. Times in ticks of its track. */
export interface Sample {
  readonly track: number;
  /** A view into the fragment. */
  readonly data: Bytes;
  readonly decodeTicks: number;
  readonly durationTicks: number;
  /** Presentation minus decoding time. */
  readonly compositionTicks: number;
  readonly isSync: boolean;
}

interface Box {
  readonly type: string;
  /** Of the content, from the beginning of the whole segment. */
  readonly start: number;
  readonly end: number;
}

/** Reads big-endian numbers and refuses to read past its end. */
class Reader {
  readonly #view: DataView;
  constructor(
    readonly bytes: Bytes,
    public offset: number,
    readonly end: number,
  ) {
    if (end > bytes.length) throw new FormatError('a box is cut short');
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, end);
  }

  #take(size: number): number {
    const at = this.offset;
    if (size < 0 || at + size > this.end) throw new FormatError('a box is cut short');
    this.offset = at + size;
    return at;
  }

  skip(size: number): this {
    this.#take(size);
    return this;
  }
  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }
  u16(): number {
    return this.#view.getUint16(this.#take(2));
  }
  u32(): number {
    return this.#view.getUint32(this.#take(4));
  }
  i32(): number {
    return this.#view.getInt32(this.#take(4));
  }
  u64(): number {
    const value = this.#view.getBigUint64(this.#take(8));
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new FormatError('a time is too large');
    return Number(value);
  }
  text(size: number): string {
    return String.fromCharCode(...this.view(size));
  }
  view(size: number): Bytes {
    const at = this.#take(size);
    return this.bytes.subarray(at, at + size);
  }
}

function boxesIn(bytes: Bytes, start: number, end: number): Box[] {
  const boxes: Box[] = [];
  let offset = start;
  while (offset < end) {
    const reader = new Reader(bytes, offset, end);
    const size = reader.u32();
    const type = reader.text(4);
    if (size < 8 || offset + size > end) throw new FormatError(`box ${type} has an impossible size`);
    if (boxes.length === BOXES_MAX) throw new FormatError('too many boxes');
    boxes.push({ type, start: offset + 8, end: offset + size });
    offset += size;
  }
  return boxes;
}

/** The only box of a type on a path below `parent`. */
function boxAt(bytes: Bytes, parent: Box, ...path: string[]): Box {
  let box = parent;
  for (const type of path) {
    const found = boxesIn(bytes, box.start, box.end).filter((child) => child.type === type);
    if (found.length !== 1 || found[0] === undefined) throw new FormatError(`expected one ${type}`);
    box = found[0];
  }
  return box;
}

function whole(bytes: Bytes): Box {
  return { type: 'file', start: 0, end: bytes.length };
}

function readerOf(bytes: Bytes, box: Box): Reader {
  return new Reader(bytes, box.start, box.end);
}

// --- init segment ---------------------------------------------------------------------------

/** RFC 6381 name of an H.264 stream, out of its avcC. */
export function avcCodec(avcC: Bytes): string {
  if (avcC.length < 7 || avcC[0] !== 1) throw new FormatError('avcC is malformed');
  return `avc1.${toHex(avcC.subarray(1, 4))}`;
}

/** RFC 6381 name of an H.265 stream, out of its hvcC (ISO/IEC 14496-15, annex E.3). */
export function hevcCodec(hvcC: Bytes): string {
  if (hvcC.length < 23 || hvcC[0] !== 1) throw new FormatError('hvcC is malformed');
  const view = new DataView(hvcC.buffer, hvcC.byteOffset, hvcC.length);
  const profile = view.getUint8(1);
  const space = ['', 'A', 'B', 'C'][profile >> 6] ?? '';
  let reversed = 0;
  for (let bit = 0, flags = view.getUint32(2); bit < 32; bit++, flags >>>= 1) {
    reversed = ((reversed << 1) | (flags & 1)) >>> 0;
  }
  const tier = profile & 0x20 ? 'H' : 'L';
  const constraints = [...hvcC.subarray(6, 12)];
  while (constraints.at(-1) === 0) constraints.pop();
  return [
    'hvc1',
    `${space}${profile & 0x1f}`,
    reversed.toString(16).toUpperCase(),
    `${tier}${view.getUint8(12)}`,
    ...constraints.map((byte) => byte.toString(16).toUpperCase()),
  ].join('.');
}

function videoTrack(bytes: Bytes, entry: Box, id: number, timescale: number): VideoTrack {
  const fields = readerOf(bytes, entry).skip(24);
  const [width, height] = [fields.u16(), fields.u16()];
  const isAvc = entry.type === 'avc1';
  const inner = { ...entry, start: entry.start + 78 };
  const config = boxAt(bytes, inner, isAvc ? 'avcC' : 'hvcC');
  const description = bytes.slice(config.start, config.end);
  const codec = isAvc ? avcCodec(description) : hevcCodec(description);
  return { kind: 'video', id, timescale, codec, description, width, height };
}

/** One descriptor of ISO/IEC 14496-1 with a one-byte length, as the hub writes them. */
function descriptor(reader: Reader, tag: number): number {
  if (reader.u8() !== tag) throw new FormatError('esds is malformed');
  const size = reader.u8();
  if (size > 0x7f) throw new FormatError('esds is larger than the hub writes it');
  return size;
}

function audioSpecificConfig(bytes: Bytes, esds: Box): Bytes {
  const reader = readerOf(bytes, esds).skip(4);
  descriptor(reader, 3);
  reader.skip(3);
  descriptor(reader, 4);
  reader.skip(13);
  return reader.view(descriptor(reader, 5)).slice();
}

function audioTrack(bytes: Bytes, entry: Box, id: number, timescale: number): AudioTrack {
  const fields = readerOf(bytes, entry).skip(16);
  const channels = fields.u16();
  fields.skip(6);
  const sampleRate = fields.u32() >>> 16 || timescale;
  const common = { kind: 'audio', id, timescale, sampleRate, channels } as const;
  if (entry.type !== 'mp4a') return { ...common, codec: entry.type.toLowerCase(), description: null };
  const esds = boxAt(bytes, { ...entry, start: entry.start + 28 }, 'esds');
  const description = audioSpecificConfig(bytes, esds);
  return { ...common, codec: `mp4a.40.${(description[0] ?? 0) >> 3}`, description };
}

function trackOf(bytes: Bytes, trak: Box): Track {
  const id = readerOf(bytes, boxAt(bytes, trak, 'tkhd')).skip(12).u32();
  const timescale = readerOf(bytes, boxAt(bytes, trak, 'mdia', 'mdhd')).skip(12).u32();
  if (timescale === 0) throw new FormatError('a track has no clock rate');
  const stsd = boxAt(bytes, trak, 'mdia', 'minf', 'stbl', 'stsd');
  const entries = boxesIn(bytes, stsd.start + 8, stsd.end);
  const entry = entries[0];
  if (entries.length !== 1 || entry === undefined) throw new FormatError('expected one sample entry');
  if (['avc1', 'hvc1'].includes(entry.type)) return videoTrack(bytes, entry, id, timescale);
  if (['mp4a', 'Opus', 'alaw', 'ulaw'].includes(entry.type)) {
    return audioTrack(bytes, entry, id, timescale);
  }
  throw new FormatError(`sample entry ${entry.type} is not one the hub writes`);
}

/**
 * The tracks of an init segment (`ftyp` and `moov`).
 * @throws FormatError
 */
export function parseInit(bytes: Bytes): Track[] {
  const moov = boxAt(bytes, whole(bytes), 'moov');
  const traks = boxesIn(bytes, moov.start, moov.end).filter((box) => box.type === 'trak');
  if (traks.length === 0 || traks.length > TRACKS_MAX) throw new FormatError('expected 1 or 2 tracks');
  return traks.map((trak) => trackOf(bytes, trak));
}

// --- fragments ------------------------------------------------------------------------------

const TFHD_DEFAULT_BASE_IS_MOOF = 0x020000;
const TRUN_FLAGS = 0x01000f01;
const NON_SYNC = 0x00010000;

function samplesOf(bytes: Bytes, traf: Box, mdat: Box, room: number): Sample[] {
  const tfhd = readerOf(bytes, boxAt(bytes, traf, 'tfhd'));
  if (tfhd.u32() !== TFHD_DEFAULT_BASE_IS_MOOF) throw new FormatError('tfhd is not as the hub writes it');
  const track = tfhd.u32();
  let decodeTicks = readerOf(bytes, boxAt(bytes, traf, 'tfdt')).skip(4).u64();
  const trun = readerOf(bytes, boxAt(bytes, traf, 'trun'));
  if (trun.u32() !== TRUN_FLAGS) throw new FormatError('trun is not as the hub writes it');
  const count = trun.u32();
  if (count > room) throw new FormatError('a fragment has too many samples');
  let offset = trun.u32(); // from the beginning of moof, which is the beginning of the fragment
  const samples: Sample[] = [];
  for (let i = 0; i < count; i++) {
    const [durationTicks, size, flags] = [trun.u32(), trun.u32(), trun.u32()];
    const compositionTicks = trun.i32();
    if (offset < mdat.start || offset + size > mdat.end) throw new FormatError('a sample is outside mdat');
    const data = bytes.subarray(offset, offset + size);
    const isSync = (flags & NON_SYNC) === 0;
    samples.push({ track, data, decodeTicks, durationTicks, compositionTicks, isSync });
    offset += size;
    decodeTicks += durationTicks;
  }
  return samples;
}

/**
 * The samples of a fragment (`moof` and `mdat`), in the order of its tracks.
 * @throws FormatError
 */
export function parseFragment(bytes: Bytes): Sample[] {
  const [moof, mdat, ...rest] = boxesIn(bytes, 0, bytes.length);
  if (moof?.type !== 'moof' || mdat?.type !== 'mdat' || rest.length > 0) {
    throw new FormatError('expected moof and mdat');
  }
  const samples: Sample[] = [];
  const trafs = boxesIn(bytes, moof.start, moof.end).filter((box) => box.type === 'traf');
  if (trafs.length > TRACKS_MAX) throw new FormatError('too many tracks in a fragment');
  for (const traf of trafs) {
    samples.push(...samplesOf(bytes, traf, mdat, SAMPLES_MAX - samples.length));
  }
  return samples;
}
