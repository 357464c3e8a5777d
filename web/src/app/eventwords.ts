/** Events in words, and the drawing of each kind. */
import type { IconName } from '../components/Icon.svelte';
import { CLOCK, DAY, duration, t, tCode, time } from '../i18n/translate.svelte';
import { dayOf } from './eventfilters';
import { type EventDoc, endOf } from './events';

const ICONS: Readonly<Record<string, IconName>> = {
  person: 'person',
  vehicle: 'vehicle',
  cat: 'cat',
  dog: 'dog',
  package: 'package',
};
/** Heard, not seen. */
export const HEARD: readonly string[] = ['speech', 'cry', 'scream', 'alarm', 'glass', 'bark', 'doorbell', 'knock'];

export function kindIcon(kind: string): IconName {
  return ICONS[kind] ?? (HEARD.includes(kind) ? 'sound' : 'events');
}

/** A kind of a model of one's own is called as its maker called it. */
export function kindName(kind: string): string {
  return tCode('events.kind', kind, kind);
}

export function lengthOf(event: EventDoc): string {
  return duration(Math.max(1, (endOf(event) - event.start_us) / 1e6));
}

/** "Today", "Yesterday", or the date. */
export function dayName(us: number, nowUs: number): string {
  const day = dayOf(us);
  if (day === dayOf(nowUs)) return t('events.today');
  const now = new Date(nowUs / 1000);
  if (day === dayOf(new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1).getTime() * 1000)) return t('events.yesterday');
  return time(us, DAY);
}

/** One event for who cannot see it. */
export function spoken(event: EventDoc, camera: string): string {
  const parts = [kindName(event.kind), camera, `${time(event.start_us, DAY)}, ${time(event.start_us, CLOCK)}`];
  if (event.zones.length > 0) parts.push(event.zones.join(', '));
  if (event.end_us === null) parts.push(t('events.going_on'));
  if (!event.seen) parts.push(t('events.not_seen_yet'));
  if (event.kept) parts.push(t('events.is_kept'));
  return parts.join('. ');
}
