// Goal: proofs are what RFC 9449 and the hub ask for, and their key cannot leave. Method: verify them.

import { expect, test } from 'vitest';
import { fromBase64 } from '../../src/seal/encoding';
import { Prover } from '../../src/seal/prover';
import { mapStore } from './mapstore';

const NONCE = '0123456789abcdef0123456789abcdef';

function part(proof: string, index: number): Uint8Array<ArrayBuffer> {
  return fromBase64((proof.split('.')[index] ?? '').replaceAll('-', '+').replaceAll('_', '/'));
}

const read = (proof: string, index: number) => JSON.parse(new TextDecoder().decode(part(proof, index)));

test('a proof verifies with the key it names', async () => {
  const prover = await Prover.load(mapStore());
  const proof = await prover.prove('POST', 'https://home.example/api/keys?x=1#y');
  const { jwk, ...head } = read(proof, 0);
  expect(head).toEqual({ typ: 'dpop+jwt', alg: 'ES256' });
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const key = await crypto.subtle.importKey('jwk', jwk, algorithm, true, ['verify']);
  const signed = new TextEncoder().encode(proof.split('.').slice(0, 2).join('.'));
  const how = { name: 'ECDSA', hash: 'SHA-256' };
  expect(await crypto.subtle.verify(how, key, part(proof, 2), signed)).toBe(true);
  const raw = new Uint8Array(await crypto.subtle.exportKey('raw', key));
  expect(raw).toEqual(fromBase64(prover.publicKey));
  const claims = read(proof, 1);
  expect(claims).toMatchObject({ htm: 'POST', htu: 'https://home.example/api/keys', nonce: '' });
  expect(Math.abs(claims.iat - Date.now() / 1000)).toBeLessThan(5);
});

test('no two proofs are the same, and hints are followed only if they make sense', async () => {
  const prover = await Prover.load(mapStore());
  const two = await Promise.all([prover.prove('GET', '/a'), prover.prove('GET', '/a')]);
  expect(read(two[0], 1).jti).not.toBe(read(two[1], 1).jti);
  expect(prover.learn({})).toBe(false);
  expect(prover.learn({ nonce: 'x' })).toBe(false);
  expect(prover.learn({ nonce: NONCE })).toBe(true);
  expect(prover.learn({ time_us: 9_000_000_000 })).toBe(true);
  expect(read(await prover.prove('GET', '/a'), 1)).toMatchObject({ nonce: NONCE, iat: 9000 });
});

test('the private key stays: not extractable, the same on the next visit', async () => {
  const store = mapStore();
  const first = await Prover.load(store);
  const pair = (await store.get('signing key pair')) as CryptoKeyPair;
  expect(pair.privateKey.extractable).toBe(false);
  await expect(crypto.subtle.exportKey('pkcs8', pair.privateKey)).rejects.toThrow();
  expect((await Prover.load(store)).publicKey).toBe(first.publicKey);
});
