// Goal: only the household's own, unbroken log is believed. Method: logs that Python signed
// (tests/vectors/membership.json), shown whole, cut, forked, forged, and older than what is remembered.

import { beforeEach, describe, expect, test } from 'vitest';
import { MembershipError, MembershipGuard, type MembershipAnswer, type SignedEntry } from '../../src/seal/membership';
import vectors from '../../../tests/vectors/membership.json';
import { mapStore } from './mapstore';

class Hub {
  entries: SignedEntry[] = [...vectors.entries];
  state = vectors.states.at(-1)!;
  identity = vectors.identity;
  heldBack = false;
  witnessed: unknown[] = [];

  membership(after: number): Promise<MembershipAnswer> {
    const version = (one: SignedEntry): number => Number(/"version":(\d+)/.exec(one.entry)?.[1]);
    const entries = this.entries.filter((one) => version(one) > after);
    return Promise.resolve({ identity: this.identity, entries, state: this.state, held_back: this.heldBack });
  }
  witness(newest: unknown): Promise<void> {
    this.witnessed.push(newest);
    return Promise.resolve();
  }
  /** The first entries only. */
  at(version: number): void {
    this.entries = vectors.entries.slice(0, version);
    this.state = vectors.states[version - 1]!;
  }
}

let hub = new Hub();
let store = mapStore();
const device = { id: vectors.device.id, publicKey: vectors.device.public_key };
const guard = (): MembershipGuard => new MembershipGuard(vectors.household, device, hub, store);

async function problem(contact: Promise<unknown>): Promise<string> {
  try {
    await contact;
  } catch (error) {
    if (error instanceof MembershipError) return error.problem;
    throw error;
  }
  return 'none';
}

beforeEach(() => {
  hub = new Hub();
  store = mapStore();
});

describe('a log that goes on', () => {
  test('is followed from the beginning, and from what is remembered', async () => {
    hub.at(2);
    expect(await guard().contact()).toEqual({ version: 2, epoch: 1 });
    hub.at(4);
    expect(await guard().contact()).toEqual({ version: 4, epoch: 2 });
    expect(await guard().contact()).toEqual({ version: 4, epoch: 2 });
  });

  test('may begin anywhere for a new browser', async () => {
    hub.entries = hub.entries.slice(2);
    expect((await guard().contact()).version).toBe(4);
  });
});

describe('a log that is not believed', () => {
  test.each([
    ['forged', (): void => void (hub.entries = vectors.forged), 'bad_signature'],
    ['foreign', (): void => void (hub.entries = vectors.foreign), 'bad_signature'],
    ['re-ordered', (): void => void hub.entries.reverse(), 'fork'],
    ['with one left out', (): void => void hub.entries.splice(1, 1), 'fork'],
    ['without any entry', (): void => void (hub.entries = []), 'rollback'],
    ['with another state', (): void => void (hub.state = vectors.states[1]!), 'bad_signature'],
    ['with a changed byte', (): void => void (hub.entries[3] = { ...hub.entries[3]!, entry: hub.entries[3]!.entry.replace('epoch', 'eposh') }), 'bad_signature'],
    ['cut short', (): void => void (hub.entries[3] = { ...hub.entries[3]!, entry: hub.entries[3]!.entry.slice(0, -9) }), 'bad_signature'],
    ['of no signature', (): void => void (hub.entries[0] = { ...hub.entries[0]!, signature: '!' }), 'bad_signature'],
    ['that is held back', (): void => void (hub.heldBack = true), 'held_back'],
  ])('%s', async (_name, change, expected) => {
    change();
    expect(await problem(guard().contact())).toBe(expected);
    expect(hub.witnessed).toEqual([]);
  });

  test('of another identity than the pinned one', async () => {
    await guard().contact();
    hub.identity = btoa('x'.repeat(32));
    expect(await problem(guard().contact())).toBe('bad_key');
    store = mapStore();
    await guard().pin(vectors.identity);
    expect(await problem(guard().contact())).toBe('bad_key');
  });

  test('older than what this browser saw: the hub is shown what it lacks', async () => {
    await guard().contact();
    hub.at(2);
    expect(await problem(guard().contact())).toBe('rollback');
    expect(hub.witnessed).toEqual([{ ...vectors.entries[3], state: vectors.states[3] }]);
  });

  test('of another history with the same versions', async () => {
    await guard().contact();
    hub.entries = vectors.forked;
    hub.state = vectors.forked_state;
    expect(await problem(guard().contact())).toBe('fork');
    expect(hub.witnessed).toHaveLength(1);
  });

  test('that does not name this browser, or names it with another key', async () => {
    const other = { ...device, id: 'ab'.repeat(16) };
    const contact = new MembershipGuard(vectors.household, other, hub, store).contact();
    expect(await problem(contact)).toBe('not_listed');
    const swapped = { ...device, publicKey: btoa('y'.repeat(32)) };
    const second = new MembershipGuard(vectors.household, swapped, hub, store).contact();
    expect(await problem(second)).toBe('not_listed');
  });
});

describe('a browser that was removed', () => {
  const gone = (): MembershipGuard =>
    new MembershipGuard(vectors.household, { ...device, id: 'ab'.repeat(16) }, hub, store);

  test('believes a log that goes on and does not name it', async () => {
    hub.at(2);
    await guard().contact();
    expect(await guard().versionSeen()).toBe(2);
    hub.at(4);
    expect(await gone().isRemovedBy(await hub.membership(1))).toBe(true);
    expect(await guard().isRemovedBy(await hub.membership(1))).toBe(false);
  });

  test('keeps its memory where the log is older, another, or forged', async () => {
    await guard().contact();
    hub.at(2);
    expect(await gone().isRemovedBy(await hub.membership(3))).toBe(false);
    expect(await gone().isRemovedBy(await hub.membership(0))).toBe(false);
    hub.entries = vectors.forked;
    hub.state = vectors.forked_state;
    expect(await gone().isRemovedBy(await hub.membership(3))).toBe(false);
    hub.entries = vectors.forged;
    expect(await gone().isRemovedBy(await hub.membership(0))).toBe(false);
    expect(await guard().versionSeen()).toBe(4);
  });
});

test('after a person has looked into it, the identity stays pinned', async () => {
  await guard().contact();
  hub.at(2);
  await problem(guard().contact());
  await guard().goOn();
  expect((await guard().contact()).version).toBe(2);
  await guard().goOn();
  hub.identity = btoa('x'.repeat(32));
  expect(await problem(guard().contact())).toBe('bad_key');
});
