// Goal: files arrive whole over a bad connection, and never without an end. Method: a port that loses answers.
import { describe, expect, test, vi } from 'vitest';
import { ApiError } from '../../src/api/client';
import type { CheckLimits, ChecksPort } from '../../src/api/checks';
import { problemOf, sendFiles, type PickedFile } from '../../src/app/upload';

const LIMITS: CheckLimits = { files: 2, file_bytes: 100, check_bytes: 150, piece_bytes: 10 };
const picked = (name: string, size: number): PickedFile => ({ name, file: new File([new Uint8Array(size).fill(size)], name) });

/** Keeps what arrives, as the hub does; `spoil` is asked before each piece. */
function port(spoil: (call: number) => 'lost' | 'unheard' | 'refused' | null = () => null) {
  const files = new Map<number, Uint8Array[]>();
  let calls = 0;
  const here = (file: number) => (files.get(file) ?? []).reduce((sum, part) => sum + part.length, 0);
  const send: ChecksPort['send'] = async (_id, file, offset, piece) => {
    calls += 1;
    const what = spoil(calls);
    if (what === 'unheard') throw new ApiError('offline', 0, '');
    if (what === 'refused') throw new ApiError('disk_full', 507, '');
    if (offset !== here(file)) throw new ApiError('wrong_offset', 409, '', { received: here(file) });
    files.set(file, [...(files.get(file) ?? []), new Uint8Array(await piece.arrayBuffer())]);
    if (what === 'lost') throw new ApiError('offline', 0, '');
    return here(file);
  };
  return { port: { send } as unknown as ChecksPort, here, calls: () => calls };
}

describe('sending', () => {
  test('all pieces in order, with progress', async () => {
    const hub = port();
    const told: number[] = [];
    await sendFiles(hub.port, 'id', [picked('a', 25), picked('b', 7)], 10, (sent) => told.push(sent), new AbortController().signal);
    expect([hub.here(0), hub.here(1)]).toEqual([25, 7]);
    expect(told).toEqual([10, 20, 25, 32]);
  });

  test.each(['lost', 'unheard'] as const)('goes on after an answer is %s', async (what) => {
    vi.useFakeTimers();
    const hub = port((call) => (call === 2 ? what : null));
    const sending = sendFiles(hub.port, 'id', [picked('a', 25)], 10, () => undefined, new AbortController().signal);
    await Promise.all([sending, vi.advanceTimersByTimeAsync(60_000)]);
    expect(hub.here(0)).toBe(25);
    vi.useRealTimers();
  });

  test('ends when the hub refuses', async () => {
    const hub = port(() => 'refused');
    await expect(sendFiles(hub.port, 'id', [picked('a', 25)], 10, () => undefined, new AbortController().signal)).rejects.toMatchObject({ code: 'disk_full' });
    expect(hub.calls()).toBe(1);
  });

  test('ends when nobody answers', async () => {
    vi.useFakeTimers();
    const hub = port(() => 'unheard');
    const sending = sendFiles(hub.port, 'id', [picked('a', 25)], 10, () => undefined, new AbortController().signal);
    await Promise.all([expect(sending).rejects.toMatchObject({ code: 'offline' }), vi.advanceTimersByTimeAsync(60_000)]);
    expect(hub.calls()).toBe(6);
    vi.useRealTimers();
  });
});

test('what is refused before a byte is sent', () => {
  expect(problemOf([picked('a', 1)], LIMITS)).toBeNull();
  expect(problemOf([picked('a', 1), picked('b', 1), picked('c', 1)], LIMITS)).toBe('too_many_files');
  expect(problemOf([picked('a', 101)], LIMITS)).toBe('file_too_large');
  expect(problemOf([picked('a', 0)], LIMITS)).toBe('empty_file');
  expect(problemOf([picked('a', 90), picked('b', 90)], LIMITS)).toBe('check_too_large');
});
