// Goal: a restored backup is said once, and nothing else goes unsaid. Method: what both logs may show, against each other.
import { expect, test } from 'vitest';
import { isAnswerable, isSaidTwice } from '../../src/app/restored';
import type { Contact } from '../../src/seal/ledger';

const checkpoint = { size: 9, root: new Uint8Array(32), generation: 1 };
const restored: Contact = { kind: 'restored', before: checkpoint, now: checkpoint };
const alarm = (problem: 'rollback' | 'fork' | 'bad_key' | 'bad_proof' | 'bad_signature'): Contact => ({ kind: 'alarm', problem, before: checkpoint });

test('an older backup in both logs is one thing', () => {
  for (const problem of ['rollback', 'restored', 'fork', 'held_back'] as const) {
    for (const contact of [restored, alarm('rollback'), alarm('fork')]) expect(isSaidTwice(problem, contact)).toBe(true);
  }
});

test('a ledger alarm stands alone, and another key never passes for a backup', () => {
  expect(isSaidTwice(null, alarm('rollback'))).toBe(false);
  expect(isSaidTwice('bad_key', alarm('rollback'))).toBe(false);
  expect(isSaidTwice('not_listed', restored)).toBe(false);
  for (const problem of ['bad_key', 'bad_proof', 'bad_signature'] as const) expect(isSaidTwice('rollback', alarm(problem))).toBe(false);
  expect(isSaidTwice('rollback', { kind: 'held', before: checkpoint, now: checkpoint, hashes: 3 })).toBe(false);
  expect(isSaidTwice('rollback', null)).toBe(false);
});

test('nobody is asked to go on from another identity', () => {
  expect(isAnswerable('bad_key') || isAnswerable('bad_signature') || isAnswerable(null)).toBe(false);
  expect(isAnswerable('rollback')).toBe(true);
});
