// Goal: an invite's identity is pinned before a passphrase goes out, and a mismatch sends nothing.
// Method: the real guard over a real store, a hub that answers as told and remembers what it got.
import { beforeEach, expect, test } from 'vitest';
import type { InviteLook } from '../../src/api/members';
import { fingerprintOf, Joining, StrangeHubError } from '../../src/app/joining';
import { MembershipError, MembershipGuard } from '../../src/seal/membership';
import vectors from '../../../tests/vectors/membership.json';
import { mapStore } from '../seal/mapstore';

const other = btoa('x'.repeat(32));
const device = { id: vectors.device.id, publicKey: vectors.device.public_key };
const unasked = { membership: () => Promise.reject(new Error('asked')), witness: () => Promise.reject(new Error('asked')) };
let store = mapStore();
let sent: (string | null)[] = [];
let remembered: string[][] = [];
const guardOf = (household: string): MembershipGuard => new MembershipGuard(household, device, unasked, store);

function joiningAt(identity: string): Joining {
  const look = { household: { id: vectors.household, name: 'Home' }, public_key: identity } as InviteLook;
  return new Joining({
    client: {
      look: () => Promise.resolve(look),
      join: (_secret, passphrase) => {
        sent.push(passphrase);
        return Promise.resolve({ device_id: device.id });
      },
    },
    device: { rememberId: async (household, id) => void remembered.push([household, id]) },
    enrolling: async () => ({ name: 'this browser', public_key: device.publicKey }),
    guardOf,
  });
}

beforeEach(() => [store, sent, remembered] = [mapStore(), [], []]);

test('looking keeps nothing, joining pins first and remembers the device', async () => {
  const joining = joiningAt(vectors.identity);
  await joining.look('secret', await fingerprintOf(vectors.identity));
  await guardOf(vectors.household).recognise(other);
  await joining.join({ household: vectors.household, identity: vectors.identity }, 'secret', 'passphrase');
  expect([sent, remembered]).toEqual([['passphrase'], [[vectors.household, device.id]]]);
  await expect(guardOf(vectors.household).recognise(other)).rejects.toThrow(MembershipError);
  await guardOf(vectors.household).recognise(vectors.identity);
});

test('a hub without the key of the invite is refused', async () => {
  await expect(joiningAt(other).look('secret', await fingerprintOf(vectors.identity))).rejects.toThrow(StrangeHubError);
});

test('a household that this browser knows otherwise gets no passphrase', async () => {
  await guardOf(vectors.household).pin(vectors.identity);
  const joining = joiningAt(other);
  await expect(joining.look('secret', await fingerprintOf(other))).rejects.toThrow(MembershipError);
  await expect(joining.join({ household: vectors.household, identity: other }, 'secret', 'passphrase')).rejects.toThrow(MembershipError);
  expect([sent, remembered]).toEqual([[], []]);
  await guardOf(vectors.household).recognise(vectors.identity);
});

test('what was pinned decides the first contact', async () => {
  await joiningAt(other).join({ household: vectors.household, identity: other }, 'secret', null);
  const hub = { ...unasked, membership: async () => ({ identity: vectors.identity, entries: vectors.entries, state: vectors.states.at(-1) ?? '', held_back: false }) };
  const guard = new MembershipGuard(vectors.household, device, hub, store);
  await expect(guard.contact()).rejects.toMatchObject({ problem: 'bad_key' });
});
