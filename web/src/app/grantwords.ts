/** What somebody may see, in words: "Kitchen and Hall: live and stills, until Sunday 18:00, Mon–Fri 8:00–17:00". */
import { CAPABILITIES, type Capability, type GrantWish, type Hours, type Role } from '../api/members';
import { DAY_CLOCK, locale, t, time, type Key } from '../i18n/translate.svelte';

const MONDAY_UTC_US = 1_704_067_200_000_000; // 1 January 2024
const DAY_US = 86_400_000_000;

/** "Kitchen, Hall and Door" as people of the language write it. */
export function listed(words: readonly string[]): string {
  return new Intl.ListFormat(locale(), { style: 'long', type: 'conjunction' }).format(words);
}

/** Name of a weekday; 0 is Monday. */
export function weekday(day: number, style: 'short' | 'long' = 'short'): string {
  return time(MONDAY_UTC_US + day * DAY_US, { weekday: style, timeZone: 'UTC' });
}

/** Minutes of the day as a clock shows them. */
export function clock(minute: number): string {
  return time(MONDAY_UTC_US + minute * 60_000_000, { hour: '2-digit', minute: '2-digit', timeZone: 'UTC' });
}

/** "Mon–Fri" for days in a row, else each. */
export function days(weekdays: readonly number[]): string {
  const sorted = [...weekdays].sort((a, b) => a - b);
  const [first, last] = [sorted[0] ?? 0, sorted.at(-1) ?? 0];
  if (sorted.length > 2 && last - first === sorted.length - 1) return `${weekday(first)}–${weekday(last)}`;
  return listed(sorted.map((day) => weekday(day)));
}

export function hoursWords(hours: readonly Hours[]): string {
  const parts = hours.map((part) => {
    const span = `${clock(part.start_minute)}–${clock(part.end_minute)}`;
    return part.weekdays.length === 7 ? span : `${days(part.weekdays)} ${span}`;
  });
  return listed(parts);
}

export function capabilityWords(capabilities: readonly Capability[]): string {
  return listed(CAPABILITIES.filter((one) => capabilities.includes(one)).map((capability) => t(`capability.${capability}` as Key)));
}

/** One sentence. `cameraName` is asked for names; a camera that is gone has none. */
export function grantWords(grant: GrantWish, cameraName: (id: string) => string | undefined): string {
  return sentence([grant], cameraName);
}

/** Grants that differ in nothing but the camera read as one. */
export function grantsWords(grants: readonly GrantWish[], cameraName: (id: string) => string | undefined): string[] {
  const groups = new Map<string, GrantWish[]>();
  for (const grant of grants) {
    const key = JSON.stringify([grant.camera === null, [...grant.capabilities].sort(), grant.until_us, grant.hours]);
    groups.set(key, [...(groups.get(key) ?? []), grant]);
  }
  return [...groups.values()].map((group) => sentence(group, cameraName));
}

function sentence(group: readonly GrantWish[], cameraName: (id: string) => string | undefined): string {
  const first = group[0] as GrantWish;
  const cameras =
    first.camera === null ? t('grant.all_cameras') : listed(group.map((grant) => cameraName(grant.camera ?? '') ?? t('grant.gone_camera')));
  const parts = [t('grant.what', { cameras, capabilities: capabilityWords(first.capabilities) })];
  if (first.until_us !== null) parts.push(t('grant.until', { time: time(first.until_us, DAY_CLOCK) }));
  if (first.hours.length > 0) parts.push(hoursWords(first.hours));
  return parts.join(', ');
}

/** Why somebody sees no camera now: their grants have ended, or hold at other hours. */
export function nothingNow(grants: readonly { until_us: number | null; holds: boolean; hours: Hours[] }[], nowUs: number): string {
  if (grants.length === 0) return t('wall.nothing.never');
  const later = grants.filter((grant) => grant.until_us === null || grant.until_us > nowUs);
  if (later.length === 0) {
    const last = Math.max(...grants.map((grant) => grant.until_us ?? 0));
    return t('wall.nothing.ended', { time: time(last, DAY_CLOCK) });
  }
  const withHours = later.find((grant) => grant.hours.length > 0);
  return withHours === undefined ? t('wall.nothing.later') : t('wall.nothing.hours', { hours: hoursWords(withHours.hours) });
}

/** What is offered when somebody is invited or their role changes. */
export function offered(role: Role): Capability[] {
  if (role === 'member') return ['live', 'still', 'playback', 'events', 'talk', 'move', 'export'];
  return ['live', 'still'];
}
