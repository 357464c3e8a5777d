// This browser as an enrolled device: its key pair, and opening what the hub wrapped for it.
// What the key pair is, and how well it is kept, is in kem.ts.

import { type Bytes, concat, fromBase64, fromHex } from './encoding';
import { type Context, STREAM_NUMBERS } from './header';
import { curveKem, type DeviceKem, hybridKem, isKeptSeed, type KemName, newSeed, openSeed } from './kem';
import { SECRET_BYTES, WindowKey } from './open';

const INFO_LABEL = 'keepsight release 1';
const TAG_BYTES = 16;

const DATABASE = 'keepsight';
const STORE = 'device';
/** An X25519 handle, of browsers that were enrolled before there was X-Wing. */
const KEY_RECORD = 'key pair';
const SEED_RECORD = 'hybrid seed';
const ID_RECORD = 'device id of ';

/** Why this browser cannot hold a device key. The app has a sentence and a next step for each. */
export type DeviceProblem =
  /** Not https and not localhost: browsers give WebCrypto to secure origins only. */
  | 'insecure_origin'
  /** WebCrypto without X25519: Chrome before 133, Firefox before 130, Safari before 17. */
  | 'no_x25519'
  /** IndexedDB is blocked, e.g. in some private windows. */
  | 'no_storage';

export class DeviceError extends Error {
  override readonly name = 'DeviceError';
  constructor(
    readonly problem: DeviceProblem,
    options?: ErrorOptions,
  ) {
    super(`this browser cannot hold a device key: ${problem}`, options);
  }
}

/** What a released key is for. */
export type Purpose = 'live' | 'still' | 'rec' | 'export' | 'event';

/** A wrapped key that is not for this device, this household or what was asked. */
export class ReleaseError extends Error {
  override readonly name = 'ReleaseError';
}

/** Where the key pair and the device ids are kept. The browser's is IndexedDB; tests use a Map. */
export interface DeviceStore {
  get(name: string): Promise<unknown>;
  put(name: string, value: unknown): Promise<void>;
  /** Keep `value` unless something is there already; what is kept now. Two tabs may race. */
  keepFirst(name: string, value: unknown): Promise<unknown>;
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/**
 * The browser's store for this origin.
 * @throws DeviceError no_storage.
 */
export async function openDeviceStore(): Promise<DeviceStore> {
  try {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    const database = await settled(request);
    const objects = (mode: IDBTransactionMode): IDBObjectStore =>
      database.transaction(STORE, mode).objectStore(STORE);
    return {
      get: (name) => settled<unknown>(objects('readonly').get(name)),
      put: async (name, value) => {
        await settled(objects('readwrite').put(value, name));
      },
      keepFirst: async (name, value) => {
        const store = objects('readwrite');
        const found = await settled<unknown>(store.get(name));
        if (found === undefined) await settled(store.put(value, name));
        return found ?? value;
      },
    };
  } catch (error) {
    throw new DeviceError('no_storage', { cause: error });
  }
}

/** Forget everything that this origin keeps: keys, device ids, memories of the logs, cached pictures. */
export async function wipeDevice(): Promise<void> {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  const database = await settled(request);
  await settled(database.transaction(STORE, 'readwrite').objectStore(STORE).clear());
  database.close();
  if (typeof caches !== 'undefined') for (const name of await caches.keys()) await caches.delete(name);
}

function isKeyPair(value: unknown): value is CryptoKeyPair {
  return typeof value === 'object' && value !== null && 'privateKey' in value && 'publicKey' in value;
}

/** What `info` names; equal to release_info in seal/release.py. */
export function releaseInfo(purpose: Purpose, context: Context, deviceId: string): Bytes {
  const name = new TextEncoder().encode(purpose);
  const epoch = new Uint8Array(4);
  new DataView(epoch.buffer).setUint32(0, context.epoch);
  return concat(
    new TextEncoder().encode(INFO_LABEL),
    Uint8Array.of(name.length),
    name,
    fromHex(context.household),
    epoch,
    fromHex(context.camera),
    Uint8Array.of(STREAM_NUMBERS[context.stream]),
    fromHex(context.writer),
    fromHex(deviceId),
  );
}

/** This browser's key pair. */
export class DeviceKey {
  readonly #kem: DeviceKem;
  readonly #store: DeviceStore;

  private constructor(kem: DeviceKem, store: DeviceStore) {
    this.#kem = kem;
    this.#store = store;
  }

  /** Raw public key, base64: what `POST /setup` and `POST /session` take. */
  get publicKey(): string {
    return this.#kem.publicKey;
  }

  /** The kind of the key. */
  get kem(): KemName {
    return this.#kem.name;
  }

  /**
   * The key pair of this origin, made on first use.
   * @throws DeviceError this browser or this origin cannot hold one.
   */
  static async load(store?: DeviceStore): Promise<DeviceKey> {
    if (!globalThis.isSecureContext && globalThis.crypto?.subtle === undefined) {
      throw new DeviceError('insecure_origin');
    }
    const kept = store ?? (await openDeviceStore());
    const pair = await kept.get(KEY_RECORD);
    if (isKeyPair(pair)) return DeviceKey.of(await curveKem(pair), kept);
    let seed = await kept.get(SEED_RECORD);
    if (!isKeptSeed(seed)) seed = await kept.keepFirst(SEED_RECORD, await newSeed());
    if (!isKeptSeed(seed)) throw new DeviceError('no_storage');
    try {
      return DeviceKey.of(await hybridKem(await openSeed(seed)), kept);
    } catch (error) {
      throw new DeviceError('no_x25519', { cause: error });
    }
  }

  /** With this key: for `load`, and for tests with a fixed one. */
  static of(kem: DeviceKem, store: DeviceStore): DeviceKey {
    return new DeviceKey(kem, store);
  }

  /** The id under which a household enrolled this browser, or null. */
  async idIn(household: string): Promise<string | null> {
    const id = await this.#store.get(ID_RECORD + household);
    return typeof id === 'string' && /^[0-9a-f]{32}$/.test(id) ? id : null;
  }

  /** Keep the id that `POST /setup` or `POST /session` answered with. */
  async rememberId(household: string, deviceId: string): Promise<void> {
    await this.#store.put(ID_RECORD + household, deviceId);
  }

  /**
   * The key of a window, out of what the hub wrapped for this device.
   * @param context what the caller asked for; only epoch and writer come from the answer.
   * @throws ReleaseError wrapped for another device, household, camera, stream, window or purpose.
   */
  async openRelease(
    wrapped: string,
    purpose: Purpose,
    context: Context,
    deviceId: string,
  ): Promise<WindowKey> {
    let secret: Bytes;
    try {
      const bytes = fromBase64(wrapped);
      const size = this.#kem.encapsulatedBytes;
      if (bytes.length !== size + SECRET_BYTES + TAG_BYTES) throw new RangeError('wrong length');
      const info = releaseInfo(purpose, context, deviceId);
      secret = await this.#kem.open(bytes.slice(0, size), info, bytes.slice(size));
    } catch (error) {
      throw new ReleaseError('a released key does not open for what was asked', { cause: error });
    }
    try {
      return await WindowKey.derive(secret, context);
    } finally {
      secret.fill(0);
    }
  }
}
