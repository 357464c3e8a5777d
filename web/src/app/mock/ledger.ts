/** The mock's ledger: a week of lines, people who looked, and a browser that remembers. */
import type { Exposed, LedgerFilter, LedgerLine, Stretch } from '../../api/ledger';
import type { Contact, Memory } from '../../seal/ledger';
import type { LedgerPort } from '../ledger';
import { DAY_US, hexId, type World } from './world';

const LINES = 4_812;
const PEOPLE = [
  { member_id: hexId(701), name: 'Anna', role: 'owner', integration: '', device: 'Firefox on Linux' },
  { member_id: hexId(702), name: 'Ben', role: 'member', integration: '', device: 'Kitchen tablet' },
  { member_id: hexId(703), name: 'Grandmother', role: 'guest', integration: '', device: 'Safari on iPhone' },
  { member_id: hexId(704), name: 'Hallway screen', role: 'display', integration: 'google', device: 'Nest Hub' },
] as const;
const TYPES = ['release', 'release', 'release', 'sign_in', 'refused', 'export', 'release', 'camera_changed', 'recordings_deleted', 'member_added'];

const CHANGES: readonly (readonly string[] | undefined)[] = [undefined, [], ['faces', 'masks', 'sound'], ['sound']];

function lines(): LedgerLine[] {
  const nowUs = Date.now() * 1000;
  return Array.from({ length: 240 }, (_, back) => {
    const n = LINES - back;
    const person = PEOPLE[n % PEOPLE.length] ?? PEOPLE[0];
    return {
      n, type: TYPES[(n * 7) % TYPES.length] ?? 'release', at_us: nowUs - back * 97_000_000, camera: hexId((n % 6) + 1), stream: 'main',
      device: hexId(801 + (n % 4)), member: person.member_id, purpose: ['live', 'rec', 'export'][n % 3], reason: 'foreign_camera', epoch: 3,
      changes: CHANGES[n % CHANGES.length],
    }; // prettier-ignore
  });
}

function stretches(world: World, fromUs: number, toUs: number): Stretch[] {
  const nowUs = Date.now() * 1000;
  const found = Array.from({ length: 90 }, (_, back): Stretch => {
    const person = PEOPLE[(back * 5) % PEOPLE.length] ?? PEOPLE[0];
    const camera = world.cameras[(back * 3) % Math.max(1, world.cameras.length)];
    const startUs = nowUs - (back + 1) * 5_400_000_000;
    const isErased = back % 17 === 16;
    return {
      member: isErased ? null : person.name, member_id: isErased ? null : person.member_id,
      subject: isErased ? hexId(799) : person.member_id, role: isErased ? '' : person.role, integration: isErased ? '' : person.integration,
      device: isErased ? null : person.device, device_id: isErased ? null : hexId(801 + ((back * 5) % 4)), camera: camera?.name ?? '',
      camera_id: camera?.id ?? '', stream: 'main', purpose: back % 6 === 5 ? 'rec' : 'live', from_us: startUs,
      to_us: startUs + (1 + (back % 9)) * 420_000_000, releases: 1 + (back % 9) * 7, first_n: LINES - back * 8 - 7, last_n: LINES - back * 2,
    }; // prettier-ignore
  });
  return world.cameras.length === 0 ? [] : found.filter((one) => one.from_us < toUs && (one.to_us ?? toUs) > fromUs);
}

function contactOf(world: World): Contact {
  const before = { size: LINES - 31, root: new Uint8Array(32).fill(7), generation: 1 };
  const now = { size: LINES, root: new Uint8Array(32).fill(9), generation: 1 };
  if (world.scenario === 'trouble') return { kind: 'alarm', problem: 'rollback', before };
  if (world.scenario === 'empty') return { kind: 'first', now: { ...now, size: 3 } };
  return { kind: 'held', before, now, hashes: 14 };
}

export function mockLedger(world: World): LedgerPort {
  const names = Object.fromEntries([
    ...PEOPLE.map((person) => [person.member_id, person.name]),
    ...PEOPLE.map((person, index) => [hexId(801 + index), person.device]),
  ]) as Record<string, string>;
  const memory: Memory = { publicKey: btoa('\x05'.repeat(32)), pinnedMs: Date.now() - 40 * 86_400_000, note: '', problem: null };
  return {
    page(before: number | null, limit: number, filter: LedgerFilter = {}) {
      const all = world.scenario === 'empty' ? [] : lines();
      const found = all.filter((line) => line.n < (before ?? Infinity) && (filter.types?.includes(line.type) ?? true));
      const page = found.slice(0, limit);
      const next = found.length > limit ? (page.at(-1)?.n ?? null) : null;
      return Promise.resolve({ lines: page, next_before: next, names, intact: world.scenario !== 'trouble', count: LINES, rolled_back: world.scenario === 'trouble' });
    },
    people: () => Promise.resolve(PEOPLE.map(({ member_id, name, role, integration }) => ({ member_id, name, role, integration }))),
    cameras: () => Promise.resolve(world.cameras.map((camera) => ({ camera_id: camera.id, name: camera.name }))),
    exposed(fromUs, toUs, filter = {}) {
      const found = stretches(world, fromUs, toUs).filter(
        (one) => (filter.camera ?? one.camera_id) === one.camera_id && (filter.member ?? one.member_id) === one.member_id,
      );
      const exposed: Exposed = {
        from: fromUs, to: toUs, checkpoint: { size: LINES, root: '', note: '' },
        counts: { releases: found.reduce((sum, one) => sum + one.releases, 0), stretches: found.length }, stretches: found,
      }; // prettier-ignore
      return Promise.resolve(exposed);
    },
    verify: () => Promise.resolve({ intact: true, broken_at: null, lines: LINES, problem: '', checkpoints: 212, signed_lines: LINES }),
    accept: () => Promise.resolve({ accepted_restore: true }),
    contact: () => Promise.resolve(contactOf(world)),
    memory: () => Promise.resolve(memory),
    prove: (_household, n) => Promise.resolve({ n, hashes: 13, fields: { ...(lines().find((line) => line.n === n) ?? { n, type: 'release', at_us: Date.now() * 1000 - DAY_US }) } as never }),
    forgive: () => Promise.resolve(),
  };
}
