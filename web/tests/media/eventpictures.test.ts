// Goal: an event's picture opens with its own key and nothing else; memory and requests stay bounded.
// Method: real sealed pictures, a real keyring, a hub that answers from a list, and lies.

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ApiError } from '../../src/api/client';
import type { KeysRequest, RefusedKeys, Release } from '../../src/api/types';
import { EventPictures } from '../../src/media/eventpictures';
import { Keyring } from '../../src/media/keyring';
import { type Bytes, concat } from '../../src/seal/encoding';
import type { Context } from '../../src/seal/header';
import { Kind } from '../../src/seal/header';
import { type Reason, Refusal } from '../../src/seal/open';
import { CAMERA, contextOf, HOUSEHOLD, PLAIN_DEVICE, seal, secretOf } from '../seal/sealer';

const OTHER = '33'.repeat(16);
const signal = new AbortController().signal;

function idOf(number: number): string {
  return number.toString(16).padStart(32, '0');
}

function jpeg(number: number): Bytes {
  return Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, number);
}

function sealed(number: number, change: Partial<Context> = {}, what = {}): Promise<Bytes> {
  const context = contextOf(idOf(number), { stream: 'event', ...change });
  return seal(secretOf(number), context, { kind: Kind.THUMB, sequence: 0, payload: jpeg(number), ...what });
}

let requests: KeysRequest[];
let fetched: string[];
let refused: Refusal[];
let answer: (picture: string) => Promise<Bytes>;
let urls: Map<string, Blob>;
let revoked: string[];

function numberOf(picture: string): number {
  return Number.parseInt(picture, 16);
}

function release(camera: string, picture: string): Release {
  return {
    camera, stream: 'event', purpose: 'event', epoch: 1, writer: picture, device: '',
    wrapped: String(numberOf(picture)), codec: '', is_next: false, expires_us: null,
  };
}

function makePictures(ask = (request: KeysRequest) => request.events ?? [], notGiven: RefusedKeys[] = []): EventPictures {
  const keyring = new Keyring({
    household: HOUSEHOLD,
    deviceId: 'dd'.repeat(16),
    device: PLAIN_DEVICE,
    ask: (request) => {
      requests.push(request);
      const keys = ask(request).flatMap((one) => one.pictures.map((id) => release(one.camera, id)));
      return Promise.resolve({ keys, refused: notGiven });
    },
    nowUs: () => 0,
  });
  const recorded = (opaque: string, picture: string, first: number, last: number): Promise<Bytes> => {
    fetched.push(`${opaque}/${picture}/${first}-${last}`);
    return answer(picture);
  };
  return new EventPictures({
    api: { recorded },
    keyring,
    refusals: { add: (refusal) => void refused.push(refusal) },
    nameOf: (camera) => Promise.resolve(`name of ${camera}`),
  });
}

beforeEach(() => {
  [requests, fetched, refused, revoked, urls] = [[], [], [], [], new Map()];
  answer = (picture) => sealed(numberOf(picture));
  vi.spyOn(URL, 'createObjectURL').mockImplementation((blob) => {
    const url = `blob:${urls.size}`;
    urls.set(url, blob as Blob);
    return url;
  });
  vi.spyOn(URL, 'revokeObjectURL').mockImplementation((url) => void revoked.push(url));
});
afterEach(() => vi.restoreAllMocks());

test('a picture is opened once and kept', async () => {
  const pictures = makePictures();
  const [url, again] = await Promise.all([
    pictures.url(CAMERA, idOf(1), signal),
    pictures.url(CAMERA, idOf(1), signal),
  ]);
  expect(again).toBe(url);
  const blob = urls.get(url);
  expect(blob?.type).toBe('image/jpeg');
  expect(new Uint8Array((await blob?.arrayBuffer()) ?? new ArrayBuffer())).toEqual(jpeg(1));
  expect(await pictures.url(CAMERA, idOf(1), signal)).toBe(url);
  expect(fetched).toEqual([`name of ${CAMERA}/${idOf(1)}/0-0`]);
});

test('many questions travel in one, by camera', async () => {
  const pictures = makePictures();
  const asked = [1, 2, 3].map((number) => pictures.url(CAMERA, idOf(number), signal));
  answer = (picture) => sealed(numberOf(picture), numberOf(picture) === 4 ? { camera: OTHER } : {});
  await Promise.all([...asked, pictures.url(OTHER, idOf(4), signal)]);
  expect(requests).toEqual([
    {
      live: [], recordings: [], exports: [],
      events: [
        { camera: CAMERA, pictures: [1, 2, 3].map(idOf) },
        { camera: OTHER, pictures: [idOf(4)] },
      ],
    },
  ]);
});

test('a picture of somebody else is refused, reported and never shown', async () => {
  const lies: [Partial<Context>, object, Reason][] = [
    [{ household: '44'.repeat(16) }, {}, 'foreign_household'],
    [{ camera: OTHER }, {}, 'foreign_camera'],
    [{ stream: 'still' }, {}, 'wrong_stream'],
    [{ epoch: 2 }, {}, 'wrong_epoch'],
    [{ writer: idOf(9) }, {}, 'wrong_window'],
    [{}, { kind: Kind.STILL }, 'wrong_kind'],
    [{}, { sequence: 1 }, 'replayed'],
  ] as [Partial<Context>, object, Reason][];
  for (const [change, what, reason] of lies) {
    answer = (picture) => sealed(numberOf(picture), change, what);
    const error = await makePictures().url(CAMERA, idOf(1), signal).catch((found: unknown) => found);
    expect(error).toBeInstanceOf(Refusal);
    expect((error as Refusal).reason).toBe(reason);
  }
  expect(refused).toHaveLength(lies.length);
  expect(urls.size).toBe(0);
});

test('more than one picture, and what is none, is not shown', async () => {
  answer = async (picture) => concat(await sealed(numberOf(picture)), await sealed(numberOf(picture)));
  await expect(makePictures().url(CAMERA, idOf(1), signal)).rejects.toThrow('more than 1');
  answer = (picture) => sealed(numberOf(picture), {}, { payload: new TextEncoder().encode('<svg/>') });
  await expect(makePictures().url(CAMERA, idOf(1), signal)).rejects.toThrow('no picture');
  for (const body of [new Uint8Array(0), new Uint8Array(300)]) {
    answer = () => Promise.resolve(body);
    await expect(makePictures().url(CAMERA, idOf(1), signal)).rejects.toMatchObject({ code: 'broken_picture' });
  }
  expect(urls.size).toBe(0);
});

test('a key that is not released is said, and asked for again later', async () => {
  let isReleased = false;
  const pictures = makePictures((request) => (isReleased ? (request.events ?? []) : []));
  await expect(pictures.url(CAMERA, idOf(1), signal)).rejects.toMatchObject({ code: 'no_such_picture', status: 404 });
  isReleased = true;
  expect(await pictures.url(CAMERA, idOf(1), signal)).toMatch(/^blob:/);
});

test('what is asked for last comes first, and what nobody wants any more does not come', async () => {
  let open: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  answer = async (picture) => (await gate, sealed(numberOf(picture)));
  const pictures = makePictures();
  const gone = new AbortController();
  const all = Array.from({ length: 20 }, (_, nth) => {
    const url = pictures.url(CAMERA, idOf(nth + 1), nth === 10 ? gone.signal : signal);
    return url.catch((error: unknown) => error);
  });
  gone.abort();
  await vi.waitFor(() => expect(fetched).toHaveLength(6));
  open();
  const found = await Promise.all(all);
  const order = fetched.map((path) => numberOf(path.split('/')[1] ?? ''));
  expect(order.slice(6, 9)).toEqual([20, 19, 18]);
  expect(order).not.toContain(11);
  expect((found[10] as Error).name).toBe('AbortError');
  expect(found.filter((one) => typeof one === 'string')).toHaveLength(19);
});

test('pictures are kept up to a bound, and none after the end', async () => {
  const pictures = makePictures();
  const all = Array.from({ length: 270 }, (_, nth) => pictures.url(CAMERA, idOf(nth), signal));
  expect(new Set(await Promise.all(all)).size).toBe(270);
  expect(revoked).toHaveLength(270 - 256);
  pictures.close();
  expect(revoked).toHaveLength(270);
  await expect(pictures.url(CAMERA, idOf(1), signal)).rejects.toThrow();
});

test('why a key is refused is said, though the sealed picture is refused without a word', async () => {
  answer = () => Promise.reject(new ApiError('not_found', 404, 'there are no such fragments'));
  const off: RefusedKeys = { camera: CAMERA, stream: 'event', purpose: 'event', reason: 'suspended', why: 'Recalled', since_us: 1, until_us: null };
  await expect(makePictures(() => [], [off]).url(CAMERA, idOf(1), signal)).rejects.toMatchObject({ code: 'suspended', fields: { reason: 'Recalled' } });
  await expect(makePictures(() => []).url(CAMERA, idOf(1), signal)).rejects.toMatchObject({ code: 'no_such_picture' });
  // Its key is there: it ought to be there too.
  await expect(makePictures().url(CAMERA, idOf(1), signal)).rejects.toMatchObject({ code: 'broken_picture' });
  answer = () => Promise.reject(new ApiError('offline', 0, 'no answer'));
  await expect(makePictures().url(CAMERA, idOf(1), signal)).rejects.toMatchObject({ code: 'offline' });
});
