// Goal: the parser reads all that the hub writes and refuses the rest. Method: vectors made by hub/mp4.py,
// then every truncation and random damage of them.

import { describe, expect, test } from 'vitest';
import { FormatError, parseFragment, parseInit } from '../../src/media/isobmff';
import { fromHex, toHex } from '../../src/seal/encoding';
import vectors from '../../../tests/vectors/fmp4.json';

describe('init segments', () => {
  for (const [i, vector] of vectors.inits.entries()) {
    test(`${i}: ${vector.tracks.map((track) => track.codec).join(', ')}`, () => {
      const tracks = parseInit(fromHex(vector.bytes));
      expect(tracks).toHaveLength(vector.tracks.length);
      for (const [k, wanted] of vector.tracks.entries()) {
        const { config, ...fields } = { config: undefined, ...wanted };
        expect(tracks[k]).toMatchObject(fields);
        const { description } = tracks[k]!;
        if (config !== undefined) expect(description && toHex(description)).toBe(config || null);
        else expect(description?.[0]).toBe(1);
      }
    });
  }
});

describe('fragments', () => {
  for (const vector of vectors.fragments) {
    test(vector.name, () => {
      const samples = parseFragment(fromHex(vector.bytes));
      expect(samples.map((sample) => ({ ...sample, data: toHex(sample.data) }))).toEqual(vector.samples);
    });
  }
});

/** Either a result or a FormatError; nothing else may come out. */
function isCalm(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch (error) {
    if (error instanceof FormatError) return true;
    throw error;
  }
}

test('what is cut short is refused', () => {
  for (const { bytes } of vectors.fragments) {
    const whole = fromHex(bytes);
    for (let size = 0; size < whole.length; size++) {
      expect(() => parseFragment(whole.subarray(0, size))).toThrow(FormatError);
    }
  }
  for (const { bytes } of vectors.inits) {
    const whole = fromHex(bytes);
    for (let size = 0; size < whole.length; size++) {
      expect(() => parseInit(whole.subarray(0, size))).toThrow(FormatError);
    }
  }
});

test('damaged bytes end in a result or in a FormatError, never in a hang', () => {
  let seed = 1;
  const chance = (below: number): number => {
    seed = (seed * 48271) % 0x7fffffff;
    return seed % below;
  };
  for (let round = 0; round < 4000; round++) {
    const isInit = round % 2 === 0;
    const list = isInit ? vectors.inits : vectors.fragments;
    const bytes = fromHex(list[chance(list.length)]!.bytes);
    for (let n = 0; n <= chance(4); n++) bytes[chance(bytes.length)] = chance(256);
    expect(isCalm(() => (isInit ? parseInit(bytes) : parseFragment(bytes)))).toBe(true);
  }
});
