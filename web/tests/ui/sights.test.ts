// Goal: nobody is left out and nothing is joined that is not one. Method: hand-made stretches.

import { expect, test } from 'vitest';
import type { Stretch } from '../../src/api/ledger';
import { byCamera, byPerson, sights } from '../../src/app/sights';

const MINUTE_US = 60_000_000;

function stretch(fromMinutes: number, toMinutes: number | null, more: Partial<Stretch> = {}): Stretch {
  return {
    member: 'Ann', member_id: 'aa', subject: 's1', role: 'owner', integration: '', device: 'Phone', device_id: 'd1',
    camera: 'Hall', camera_id: 'c1', stream: 'main', purpose: 'live', releases: 1, first_n: 1, last_n: 1,
    from_us: fromMinutes * MINUTE_US, to_us: toMinutes === null ? null : toMinutes * MINUTE_US, ...more,
  }; // prettier-ignore
}

test('the streams of a camera are one thing to a person', () => {
  const found = sights([stretch(0, 5), stretch(1, 6, { stream: 'audio', last_n: 9 }), stretch(6, 8, { stream: 'sub' })]);
  expect(found).toHaveLength(1);
  expect(found[0]).toMatchObject({ fromUs: 0, toUs: 8 * MINUTE_US, releases: 3, n: 9 });
});

test('other people, screens, cameras, kinds and times stay apart, newest first', () => {
  const found = sights([
    stretch(0, 5),
    stretch(0, 5, { subject: 's2', member: 'Ben' }),
    stretch(0, 5, { device_id: 'd2' }),
    stretch(0, 5, { camera_id: 'c2', camera: 'Yard' }),
    stretch(0, 5, { purpose: 'rec' }),
    stretch(0, 5, { purpose: 'event', stream: 'event' }),
    stretch(20, 25),
  ]);
  expect(found).toHaveLength(7);
  expect(found[0]?.fromUs).toBe(20 * MINUTE_US);
  expect(byCamera(found).map((group) => [group.title, group.sights.length, group.others])).toEqual([['Hall', 6, 2], ['Yard', 1, 1]]);
  expect(byPerson(found, '?').map((group) => [group.title, group.others])).toEqual([['Ann', 2], ['Ben', 1]]);
});

test('what has no end takes in what follows, and an erased person is still one', () => {
  expect(sights([stretch(0, null), stretch(900, 901)])).toMatchObject([{ toUs: null, releases: 2 }]);
  const erased = { member: null, member_id: null };
  const people = byPerson(sights([stretch(0, 1, erased), stretch(9, 10, erased), stretch(0, 1, { ...erased, subject: 's9' })]), 'erased');
  expect(people.map((group) => group.title)).toEqual(['erased', 'erased']);
});
