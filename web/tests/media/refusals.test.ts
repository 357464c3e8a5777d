// Goal: every refusal counts, few are told. Method: a clock by hand.

import { expect, test } from 'vitest';
import type { RefusalReport } from '../../src/api/types';
import { Refusals } from '../../src/media/refusals';
import { fromBase64 } from '../../src/seal/encoding';
import { type Reason, Refusal } from '../../src/seal/open';
import { contextOf } from '../seal/sealer';

const SEALED = new Uint8Array(5000).fill(7);

function refusal(reason: Reason, camera = '22'.repeat(16)): Refusal {
  return new Refusal(reason, contextOf('aa'.repeat(16), { camera }), null);
}

test('the same refusal is told once in 30 s, with no more than the header', () => {
  const told: RefusalReport[] = [];
  let nowMs = 0;
  const tell = (report: RefusalReport): Promise<void> => (told.push(report), Promise.resolve());
  const refusals = new Refusals(tell, () => nowMs);
  for (let n = 0; n < 1000; n++) refusals.add(refusal('tampered'), SEALED);
  expect(refusals.counts.get('tampered')).toBe(1000);
  expect(told).toHaveLength(1);
  expect(fromBase64(told[0]!.header)).toHaveLength(122);
  nowMs = 300;
  refusals.add(refusal('stale'), SEALED);
  refusals.add(refusal('replayed'), SEALED);
  expect(told.map((report) => report.reason)).toEqual(['tampered', 'stale']);
  nowMs = 31_000;
  refusals.add(refusal('tampered'), SEALED);
  expect(told).toHaveLength(3);
});

test('a thousand cameras make no thousand requests', () => {
  let [told, nowMs] = [0, 0];
  const refusals = new Refusals(() => (told++, Promise.resolve()), () => nowMs);
  for (let n = 0; n < 1000; n++, nowMs += 1) {
    refusals.add(refusal('foreign_camera', n.toString(16).padStart(32, '0')), SEALED);
  }
  expect(told).toBe(4);
});

test('a report that did not arrive is told again', async () => {
  let [told, nowMs] = [0, 0];
  const refusals = new Refusals(() => (told++, Promise.reject(new Error('offline'))), () => nowMs);
  refusals.add(refusal('stale'), SEALED);
  await Promise.resolve();
  await Promise.resolve();
  nowMs = 500;
  refusals.add(refusal('stale'), SEALED);
  expect(told).toBe(2);
});
