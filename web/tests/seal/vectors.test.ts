// Goal: the browser and Python agree on every byte. Method: read the vectors that tests/seal reads too.

import { describe, expect, test } from 'vitest';
import { DeviceError, DeviceKey, type DeviceStore, ReleaseError } from '../../src/seal/device';
import { concat, fromHex, toHex } from '../../src/seal/encoding';
import { type Context, Kind } from '../../src/seal/header';
import { curveKem, type DeviceKem, hybridKem, type KeptSeed } from '../../src/seal/kem';
import { type Expectation, isOpened, open, Refusal, WindowKey } from '../../src/seal/open';
import { derive, encodeHeader, nonce } from '../../src/seal/sframe';
import seal from '../../../tests/vectors/seal.json';
import sframe from '../../../tests/vectors/sframe.json';

function contextOf(fields: { stream: string } & Omit<Context, 'stream'>): Context {
  return { ...fields, stream: fields.stream as Context['stream'] };
}

function expectationOf(fields: (typeof seal.fragments)[number]['expectation']): Expectation {
  return {
    kinds: fields.kinds.map((name) => Kind[name as keyof typeof Kind]),
    sequenceMin: BigInt(fields.sequence_min),
    sequenceMax: BigInt(fields.sequence_max),
    ...(fields.now_us === null ? {} : { nowUs: Number(fields.now_us) }),
    ageUsMax: Number(fields.age_us_max),
  };
}

describe('SFrame, RFC 9605', () => {
  test('header encodings', () => {
    for (const [kid, counter, encoded] of sframe.headers as [string, string, string][]) {
      expect(toHex(encodeHeader(BigInt(kid), BigInt(counter)))).toBe(encoded);
    }
    expect(() => encodeHeader(0n, 1n << 64n)).toThrow(RangeError);
    expect(() => encodeHeader(-1n, 0n)).toThrow(RangeError);
  });

  test('cipher suite 0x0005: salt, nonce, associated data and ciphertext', async () => {
    const vector = sframe.suite_5;
    const [kid, counter] = [BigInt(vector.kid), BigInt(vector.counter)];
    const keys = await derive(fromHex(vector.base_key), ['encrypt'], kid);
    expect(toHex(keys.salt)).toBe(vector.salt);
    expect(toHex(nonce(keys.salt, counter))).toBe(vector.nonce);
    const header = encodeHeader(kid, counter);
    const associated = concat(header, fromHex(vector.metadata));
    expect(toHex(associated)).toBe(vector.associated_data);
    const sealed = await crypto.subtle.encrypt(
      { name: 'AES-GCM', iv: nonce(keys.salt, counter), additionalData: associated },
      keys.key,
      fromHex(vector.plaintext),
    );
    expect(toHex(concat(header, new Uint8Array(sealed)))).toBe(vector.ciphertext);
  });
});

describe('open', () => {
  for (const vector of seal.fragments) {
    test(vector.name, async () => {
      const key = await WindowKey.derive(fromHex(seal.secret), contextOf(vector.context));
      const result = open(key, expectationOf(vector.expectation), fromHex(vector.sealed));
      if (vector.opened === undefined) {
        const refusal = await result.then(
          () => null,
          (error: unknown) => error,
        );
        expect(refusal).toBeInstanceOf(Refusal);
        expect((refusal as Refusal).reason).toBe(vector.refused);
        return;
      }
      const opened = await result;
      expect(isOpened(opened)).toBe(true);
      expect(toHex(opened.payload)).toBe(vector.opened.payload);
      expect(opened.kind).toBe(Kind[vector.opened.kind as keyof typeof Kind]);
      expect(opened.sequence).toBe(Number(vector.opened.sequence));
      expect(opened.wallUs).toBe(Number(vector.opened.wall_us));
      expect(opened.monotonicUs).toBe(Number(vector.opened.monotonic_us));
      expect(opened.flags).toBe(vector.opened.flags);
    });
  }

  test('an object of the same shape is not an Opened', async () => {
    const vector = seal.fragments[0]!;
    const key = await WindowKey.derive(fromHex(seal.secret), contextOf(vector.context));
    const opened = await open(key, expectationOf(vector.expectation), fromHex(vector.sealed));
    expect(isOpened({ ...opened })).toBe(false);
    expect(isOpened(null)).toBe(false);
  });

  test('a window secret has 32 bytes', async () => {
    const context = contextOf(seal.release.context);
    await expect(WindowKey.derive(new Uint8Array(31), context)).rejects.toThrow(RangeError);
  });
});

export class MapStore implements DeviceStore {
  readonly values = new Map<string, unknown>();
  get(name: string): Promise<unknown> {
    return Promise.resolve(this.values.get(name));
  }
  put(name: string, value: unknown): Promise<void> {
    this.values.set(name, value);
    return Promise.resolve();
  }
  keepFirst(name: string, value: unknown): Promise<unknown> {
    if (!this.values.has(name)) this.values.set(name, value);
    return this.get(name);
  }
}

/** PKCS #8 around a raw X25519 private key (RFC 8410). */
async function fixedPair(rawPrivate: string, rawPublic: string): Promise<CryptoKeyPair> {
  const pkcs8 = concat(fromHex('302e020100300506032b656e04220420'), fromHex(rawPrivate));
  const publicBytes = Uint8Array.from(atob(rawPublic), (c) => c.charCodeAt(0));
  return {
    privateKey: await crypto.subtle.importKey('pkcs8', pkcs8, 'X25519', false, ['deriveBits']),
    publicKey: await crypto.subtle.importKey('raw', publicBytes, 'X25519', true, []),
  };
}

const KINDS = {
  release: (): Promise<DeviceKem> =>
    fixedPair(seal.release.device_private, seal.release.device_public).then(curveKem),
  release_hybrid: (): Promise<DeviceKem> => hybridKem(fromHex(seal.release_hybrid.device_seed)),
} as const;

describe.each(['release', 'release_hybrid'] as const)('%s', (kind) => {
  const release = seal[kind];
  const picture = seal.fragments.find((vector) => vector.name === 'kind STILL')!;

  for (const vector of release.cases) {
    test(vector.name, async () => {
      const device = DeviceKey.of(await KINDS[kind](), new MapStore());
      expect(device.publicKey).toBe(release.device_public);
      const context = contextOf(release.context);
      const result = device.openRelease(vector.wrapped, 'live', context, release.device);
      if (!vector.opens) {
        await expect(result).rejects.toThrow(ReleaseError);
        return;
      }
      const opened = await open(
        await result,
        expectationOf(picture.expectation),
        fromHex(picture.sealed),
      );
      expect(toHex(opened.payload)).toBe(picture.opened!.payload);
    });
  }

  test('bytes that are no wrap at all', async () => {
    const device = DeviceKey.of(await KINDS[kind](), new MapStore());
    for (const wrapped of ['', '!', btoa('short')]) {
      const result = device.openRelease(wrapped, 'live', contextOf(release.context), release.device);
      await expect(result).rejects.toThrow(ReleaseError);
    }
  });
});

describe('the device key', () => {
  test('is made once, cannot be extracted, and remembers its id for each household', async () => {
    const store = new MapStore();
    const device = await DeviceKey.load(store);
    const again = await DeviceKey.load(store);
    expect(again.publicKey).toBe(device.publicKey);
    expect(device.kem).toBe('mlkem768_x25519');
    const kept = store.values.get('hybrid seed') as KeptSeed;
    expect(kept.key.extractable).toBe(false);
    expect(kept.sealed.byteLength).toBe(32 + 16);
    const [home, other] = ['0a'.repeat(16), '0b'.repeat(16)];
    expect(await device.idIn(home)).toBe(null);
    await device.rememberId(home, 'cd'.repeat(16));
    expect(await device.idIn(home)).toBe('cd'.repeat(16));
    expect(await device.idIn(other)).toBe(null);
  });

  test('of a browser that was enrolled with an X25519 handle stays what it is', async () => {
    const store = new MapStore();
    const pair = await crypto.subtle.generateKey({ name: 'X25519' }, false, ['deriveBits']);
    await store.put('key pair', pair);
    const device = await DeviceKey.load(store);
    expect(device.kem).toBe('x25519');
    expect(store.values.has('hybrid seed')).toBe(false);
  });

  test('a changed seed is no key', async () => {
    const store = new MapStore();
    await DeviceKey.load(store);
    const kept = store.values.get('hybrid seed') as KeptSeed;
    await store.put('hybrid seed', { ...kept, nonce: new Uint8Array(12) });
    await expect(DeviceKey.load(store)).rejects.toThrow(DeviceError);
  });
});
