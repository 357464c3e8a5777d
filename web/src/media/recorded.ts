// Recorded fragments of one camera's stream, fetched and opened: the key by what was asked for, the
// sequence numbers by the index.

import type { ApiClient } from '../api/client';
import type { Segment } from '../api/types';
import type { Bytes } from '../seal/encoding';
import { Kind, splitFragments } from '../seal/header';
import { open, type Opened, Refusal } from '../seal/open';
import type { FeedSource } from './feed';
import type { Gop } from './gops';
import { parseFragment, parseInit, type Sample, type Track } from './isobmff';
import type { Keyring } from './keyring';
import { Lru } from './lru';
import type { Refusals } from './refusals';

const INITS_MAX = 256;
/** The door answers at most so many fragments at once. */
const FRAGMENTS_MAX = 256;

export interface RecordedParts {
  readonly api: Pick<ApiClient, 'recorded'>;
  readonly keyring: Keyring;
  readonly refusals: Refusals;
}

/** What every fragment of a segment needs. */
export interface Opening {
  readonly init: Opened;
  readonly tracks: readonly Track[];
}

/** One opened group: all its samples, with their wall time. */
export interface OpenGop {
  readonly gop: Gop;
  readonly opening: Opening;
  readonly fragments: readonly Opened[];
  readonly samples: readonly Sample[];
}

export class Recorded {
  /** By segment. */
  readonly #openings = new Lru<string, Promise<Opening>>(INITS_MAX);

  constructor(
    private readonly parts: RecordedParts,
    readonly source: FeedSource,
  ) {}

  /** Ask for the keys of segments that will be needed soon. */
  prefetchKeys(segments: readonly Segment[]): void {
    for (const segment of segments) this.#key(segment.writer).catch(() => undefined);
  }

  /**
   * INIT of a segment; remembered.
   * @throws ApiError, ReleaseError, Refusal, FormatError
   */
  opening(segment: Segment): Promise<Opening> {
    const { writer } = segment;
    let opening = this.#openings.get(writer);
    if (opening === undefined) {
      opening = this.#fetchOpening(writer);
      this.#openings.set(writer, opening);
      opening.catch(() => this.#openings.delete(writer));
    }
    return opening;
  }

  /**
   * The first picture of a group, and nothing more: key, INIT and STILL are asked for at once.
   * @throws ApiError, ReleaseError, Refusal, FormatError; AbortError
   */
  async still(gop: Gop, signal: AbortSignal): Promise<OpenGop> {
    return this.#fetch(gop, gop.first, signal);
  }

  /**
   * A whole group.
   * @throws ApiError, ReleaseError, Refusal, FormatError; AbortError
   */
  async whole(gop: Gop, signal: AbortSignal): Promise<OpenGop> {
    return this.#fetch(gop, Math.min(gop.last, gop.first + FRAGMENTS_MAX - 1), signal);
  }

  #key(writer: string): ReturnType<Keyring['recorded']> {
    return this.parts.keyring.recorded(this.source.camera, this.source.stream, writer);
  }

  async #fetchOpening(writer: string): Promise<Opening> {
    const [init] = await this.#fragments(writer, 0, 0, () => Kind.INIT, new AbortController().signal);
    if (init === undefined) throw new Error('the hub sent no beginning of this recording');
    return { init, tracks: parseInit(init.payload) };
  }

  async #fetch(gop: Gop, last: number, signal: AbortSignal): Promise<OpenGop> {
    const kindOf = (sequence: number): Kind => (sequence === gop.first ? Kind.STILL : Kind.GOP);
    const [opening, fragments] = await Promise.all([
      this.opening(gop.segment),
      this.#fragments(gop.segment.writer, gop.first, last, kindOf, signal),
    ]);
    const samples = fragments.flatMap((opened) => parseFragment(opened.payload));
    return { gop, opening, fragments, samples };
  }

  async #fragments(
    writer: string,
    first: number,
    last: number,
    kindOf: (sequence: number) => Kind,
    signal: AbortSignal,
  ): Promise<Opened[]> {
    const [key, body] = await Promise.all([
      this.#key(writer),
      this.parts.api.recorded(this.source.opaque, writer, first, last, signal),
    ]);
    const sealed = splitFragments(body, last - first + 1);
    if (sealed.length !== last - first + 1) throw new Error('the hub sent fewer fragments than asked');
    const openOne = async (one: Bytes, sequence: number): Promise<Opened> => {
      const expected = {
        kinds: [kindOf(sequence)],
        sequenceMin: sequence,
        sequenceMax: sequence,
      };
      try {
        return await open(key, expected, one);
      } catch (error) {
        if (error instanceof Refusal) this.parts.refusals.add(error, one);
        throw error;
      }
    };
    return Promise.all(sealed.map((one, i) => openOne(one, first + i)));
  }
}

/**
 * Wall time of a sample of a group: the keyframe's time in the index, and from there the segment's own
 * media time, which pictures and sound share.
 */
export function sampleUs(open: OpenGop, sample: Sample): number {
  const first = open.samples[0];
  if (first === undefined) return open.gop.startUs;
  const seconds = (one: Sample, ticks: number): number => {
    const track = open.opening.tracks.find((candidate) => candidate.id === one.track);
    return ticks / (track?.timescale ?? 90_000);
  };
  const zero = seconds(first, first.decodeTicks + first.compositionTicks);
  return open.gop.startUs + (seconds(sample, sample.decodeTicks + sample.compositionTicks) - zero) * 1e6;
}
