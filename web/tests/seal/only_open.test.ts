// Goal: one door in the wall. Method: read the sources: nothing but seal/open.ts decrypts.

import { expect, test } from 'vitest';

const sources = import.meta.glob<string>('../../src/**/*.{ts,svelte}', {
  query: '?raw',
  import: 'default',
  eager: true,
});
const names = Object.keys(sources);

function using(pattern: RegExp): string[] {
  return names.filter((name) => pattern.test(sources[name] ?? '')).map((name) => name.slice(6));
}

test('there are sources to read', () => {
  expect(names.length).toBeGreaterThan(30);
});

test('only open.ts decrypts, and kem.ts its own seed', () => {
  const decrypting = using(/\.decrypt\s*\(|\['decrypt'\]|\bsubtle\s*\[/);
  expect(decrypting).toEqual(['src/seal/kem.ts', 'src/seal/open.ts']);
});

test('only device.ts unwraps what the hub released, and nothing is wrapped or exported', () => {
  expect(using(/@hpke\//)).toEqual(['src/seal/kem.ts']);
  expect(using(/from '(\.\/|.*seal\/)kem'/)).toEqual(['src/seal/device.ts']);
  expect(using(/\bunwrapKey|\bwrapKey|exportKey\('(jwk|pkcs8)'/)).toEqual([]);
});

test('a window key is derived in device.ts only, out of a release', () => {
  expect(using(/WindowKey\.derive\(/)).toEqual(['src/seal/device.ts']);
});

test('the decoders are fed in media/ only', () => {
  const fed = using(/new Encoded(Video|Audio)Chunk|appendBuffer\(/);
  expect(fed.length).toBeGreaterThan(2);
  expect(fed.filter((name) => !name.startsWith('src/media/'))).toEqual([]);
});

test('no content security policy would have to be loosened', () => {
  expect(using(/\beval\(|new Function\(|setAttribute\('style'/)).toEqual([]);
});
