// Goal: no key without a log that is in order. Method: a guard that answers from a list.

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Release } from '../../src/api/types';
import { Trust } from '../../src/media/trust';
import { ReleaseError } from '../../src/seal/device';
import { MembershipError, type Standing } from '../../src/seal/membership';

let answers: (Standing | Error)[] = [];
let asked = 0;
const said: (string | null)[] = [];
const guard = {
  contact: (): Promise<Standing> => {
    asked += 1;
    const answer = answers.length > 1 ? answers.shift()! : answers[0]!;
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  },
};
const trust = (): Trust => new Trust(guard, (problem) => said.push(problem));

beforeEach(() => {
  vi.useFakeTimers();
  answers = [{ version: 3, epoch: 2 }];
  asked = 0;
  said.length = 0;
});
afterEach(() => {
  vi.useRealTimers();
});

test('questions of one moment share one look, which is good for minutes', async () => {
  const checked = trust();
  await Promise.all([checked.demand(), checked.demand()]);
  await vi.advanceTimersByTimeAsync(4 * 60_000);
  await checked.demand();
  expect(asked).toBe(1);
  checked.renew();
  await checked.demand();
  expect(asked).toBe(2);
  await vi.advanceTimersByTimeAsync(6 * 60_000);
  await checked.demand();
  expect(asked).toBe(3);
  expect(said).toEqual([null, null, null]);
});

test('a problem is said, keeps every key back, and is looked at again after seconds', async () => {
  answers = [new MembershipError('rollback'), { version: 3, epoch: 2 }];
  const checked = trust();
  await expect(checked.demand()).rejects.toThrow(MembershipError);
  await expect(checked.demand()).rejects.toThrow(MembershipError);
  expect([asked, said]).toEqual([1, ['rollback']]);
  await vi.advanceTimersByTimeAsync(6_000);
  await checked.demand();
  expect(said).toEqual(['rollback', null]);
});

test('a hub that does not answer is no alarm, and gives no key either', async () => {
  answers = [new TypeError('fetch failed')];
  await expect(trust().demand()).rejects.toThrow(TypeError);
  expect(said).toEqual([]);
});

test('live keys of an epoch that is over are refused; recorded ones stay good', () => {
  const release = (purpose: string, epoch: number): Release => ({ purpose, epoch }) as Release;
  const standing = { version: 3, epoch: 2 };
  const checked = trust();
  checked.check([release('live', 2), release('still', 3), release('rec', 1)], standing);
  expect(() => checked.check([release('live', 1)], standing)).toThrow(ReleaseError);
  expect(() => checked.check([release('still', 1)], standing)).toThrow(ReleaseError);
});
