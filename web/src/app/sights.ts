/**
 * Who could see what, as people think of it: one person, one screen, one camera, live or recorded, from
 * when to when. Pure: built from the stretches that the hub reads out of the ledger.
 */
import type { Stretch } from '../api/ledger';

/** What a key was for, in words that people use. */
export type Seeing = 'live' | 'recorded' | 'exported' | 'noticed';

export interface Sight {
  /** The same for one person, whatever is left of their name. */
  readonly person: string;
  readonly name: string | null;
  readonly role: string;
  readonly integration: string;
  readonly device: string | null;
  readonly deviceId: string | null;
  readonly cameraId: string;
  readonly camera: string;
  readonly seeing: Seeing;
  readonly fromUs: number;
  /** Null: without an end. */
  readonly toUs: number | null;
  readonly releases: number;
  /** A line of the ledger that says so. */
  readonly n: number;
}

export interface Group {
  readonly id: string;
  readonly title: string;
  readonly note: string;
  /** Newest first. */
  readonly sights: readonly Sight[];
  /** How many people or displays, or cameras. */
  readonly others: number;
}

/** A pause below this is no pause to a person who looks. */
const JOINT_US = 60_000_000;

const SEEING: Readonly<Record<string, Seeing>> = { rec: 'recorded', export: 'exported', event: 'noticed' };

function seeingOf(purpose: string): Seeing {
  return SEEING[purpose] ?? 'live';
}

function sightOf(stretch: Stretch): Sight {
  return {
    person: stretch.subject,
    name: stretch.member,
    role: stretch.role,
    integration: stretch.integration,
    device: stretch.device,
    deviceId: stretch.device_id,
    cameraId: stretch.camera_id,
    camera: stretch.camera,
    seeing: seeingOf(stretch.purpose),
    fromUs: stretch.from_us,
    toUs: stretch.to_us,
    releases: stretch.releases,
    n: stretch.last_n,
  };
}

function later(one: number | null, other: number | null): number | null {
  return one === null || other === null ? null : Math.max(one, other);
}

/** Main, sub and sound of a camera are one thing to a person: their stretches become one. */
export function sights(stretches: readonly Stretch[]): Sight[] {
  const open = new Map<string, Sight>();
  const done: Sight[] = [];
  for (const stretch of [...stretches].sort((a, b) => a.from_us - b.from_us)) {
    const sight = sightOf(stretch);
    const key = [sight.person, sight.deviceId, sight.cameraId, sight.seeing].join();
    const before = open.get(key);
    if (before !== undefined && (before.toUs === null || sight.fromUs <= before.toUs + JOINT_US)) {
      open.set(key, {
        ...before,
        toUs: later(before.toUs, sight.toUs),
        releases: before.releases + sight.releases,
        n: Math.max(before.n, sight.n),
      });
    } else {
      if (before !== undefined) done.push(before);
      open.set(key, sight);
    }
  }
  return [...done, ...open.values()].sort((a, b) => b.fromUs - a.fromUs);
}

function grouped(all: readonly Sight[], keyOf: (sight: Sight) => string): Sight[][] {
  const groups = new Map<string, Sight[]>();
  for (const sight of all) {
    const group = groups.get(keyOf(sight));
    if (group === undefined) groups.set(keyOf(sight), [sight]);
    else group.push(sight);
  }
  return [...groups.values()];
}

/** Each camera with everybody who could see it. */
export function byCamera(all: readonly Sight[]): Group[] {
  return grouped(all, (sight) => sight.cameraId)
    .map((found) => ({
      id: found[0]?.cameraId ?? '',
      title: found[0]?.camera ?? '',
      note: '',
      sights: found,
      others: new Set(found.map((sight) => sight.person)).size,
    }))
    .sort((a, b) => a.title.localeCompare(b.title));
}

/** Each person with every camera that they could see. `nameless` is shown for those who were erased. */
export function byPerson(all: readonly Sight[], nameless: string): Group[] {
  return grouped(all, (sight) => sight.person)
    .map((found) => ({
      id: found[0]?.person ?? '',
      title: found[0]?.name ?? nameless,
      note: found[0]?.integration || (found[0]?.role ?? ''),
      sights: found,
      others: new Set(found.map((sight) => sight.cameraId)).size,
    }))
    .sort((a, b) => a.title.localeCompare(b.title));
}
