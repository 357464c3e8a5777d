/** What the events page shows, as its address says: a link shows the same to whoever may see it. Pure. */
import type { EventDoc, EventQuery } from './events';

export interface EventFilters {
  cameras: readonly string[];
  rooms: readonly string[];
  kinds: readonly string[];
  zones: readonly string[];
  isUnseen: boolean;
  isKept: boolean;
  /** `2026-11-21` in the browser's time zone: the newest day shown; null: from now on back. */
  day: string | null;
}

export const NO_FILTERS: EventFilters = { cameras: [], rooms: [], kinds: [], zones: [], isUnseen: false, isKept: false, day: null };

const ID = /^[0-9a-f]{32}$/;
const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;
const VALUES_MAX = 64;
const VALUE_LENGTH_MAX = 80;

/** The values of a parameter; what is too long or too many is left out. */
function values(search: URLSearchParams, name: string): string[] {
  const all = search.getAll(name).filter((value) => value !== '' && value.length <= VALUE_LENGTH_MAX);
  return [...new Set(all)].slice(0, VALUES_MAX);
}

export function readFilters(search: string): EventFilters {
  const asked = new URLSearchParams(search);
  const day = asked.get('day');
  return {
    cameras: values(asked, 'camera').filter((id) => ID.test(id)),
    rooms: values(asked, 'room'),
    kinds: values(asked, 'kind'),
    zones: values(asked, 'zone'),
    isUnseen: asked.get('seen') === 'no',
    isKept: asked.get('kept') === 'yes',
    day: day !== null && startOfDay(day) !== null ? day : null,
  };
}

/** The event that is open, or null. */
export function openEventOf(search: string): string | null {
  const id = new URLSearchParams(search).get('event');
  return id !== null && ID.test(id) ? id : null;
}

/** The query part of an address, without its question mark. */
export function writeFilters(filters: EventFilters, event: string | null = null): string {
  const search = new URLSearchParams();
  for (const id of filters.cameras) search.append('camera', id);
  for (const room of filters.rooms) search.append('room', room);
  for (const kind of filters.kinds) search.append('kind', kind);
  for (const zone of filters.zones) search.append('zone', zone);
  if (filters.isUnseen) search.set('seen', 'no');
  if (filters.isKept) search.set('kept', 'yes');
  if (filters.day !== null) search.set('day', filters.day);
  if (event !== null) search.set('event', event);
  return search.toString();
}

/** Whether anything but the day is chosen. */
export function narrows(filters: EventFilters): boolean {
  const { cameras, rooms, kinds, zones, isUnseen, isKept } = filters;
  return cameras.length + rooms.length + kinds.length + zones.length > 0 || isUnseen || isKept;
}

/** With `value` in the list if it was not, else without it. */
export function toggled(list: readonly string[], value: string): string[] {
  return list.includes(value) ? list.filter((one) => one !== value) : [...list, value];
}

interface Place {
  id: string;
  room: string;
}

/**
 * What is asked of the hub. Several rooms become their cameras, because the hub takes one room only.
 * @returns null where nothing can match: a room without cameras, or a camera outside of the rooms.
 */
export function queryOf(filters: EventFilters, cameras: readonly Place[]): EventQuery | null {
  const query: EventQuery = {};
  if (filters.rooms.length > 0 || filters.cameras.length > 0) {
    const isWanted = (camera: Place): boolean =>
      (filters.rooms.length === 0 || filters.rooms.includes(camera.room)) &&
      (filters.cameras.length === 0 || filters.cameras.includes(camera.id));
    query.cameras = cameras.filter(isWanted).map((camera) => camera.id);
    if (query.cameras.length === 0) return null;
  }
  if (filters.kinds.length > 0) query.kinds = filters.kinds;
  // One zone the hub can look for; several are sorted out by `isShown`.
  if (filters.zones.length === 1) query.zone = filters.zones[0] as string;
  if (filters.isUnseen) query.isSeen = false;
  if (filters.isKept) query.isKept = true;
  if (filters.day !== null) query.toUs = endOfDay(filters.day);
  return query;
}

/** What the hub was not asked to leave out. */
export function isShown(event: EventDoc, filters: EventFilters): boolean {
  return filters.zones.length < 2 || event.zones.some((zone) => filters.zones.includes(zone));
}

/** `2026-11-21` of a wall time, in the browser's time zone. */
export function dayOf(us: number): string {
  const date = new Date(us / 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** First microsecond of a day; null where there is no such day. */
export function startOfDay(day: string): number | null {
  const [, year, month, date] = (DAY.exec(day) ?? []).map(Number);
  if (year === undefined || month === undefined || date === undefined) return null;
  const found = new Date(year, month - 1, date);
  return found.getMonth() === month - 1 && found.getDate() === date ? found.getTime() * 1000 : null;
}

/** First microsecond of the day after. Days of 23 and 25 hours are days. */
export function endOfDay(day: string): number {
  const start = new Date((startOfDay(day) ?? 0) / 1000);
  return new Date(start.getFullYear(), start.getMonth(), start.getDate() + 1).getTime() * 1000;
}

/** Midnights of `count` days up to the one of `us`, and the one after. */
export function dayEdges(us: number, count: number): number[] {
  const date = new Date(us / 1000);
  const midnight = (back: number): number => new Date(date.getFullYear(), date.getMonth(), date.getDate() - back).getTime() * 1000;
  return Array.from({ length: count + 1 }, (_, index) => midnight(count - 1 - index));
}

/** The hours of a day, and its end: 23 or 25 of them where clocks change. */
export function hourEdges(day: string): number[] {
  const start = startOfDay(day) ?? 0;
  const edges: number[] = [];
  for (let at = start; at < endOfDay(day); at += 3_600_000_000) edges.push(at);
  return [...edges, endOfDay(day)];
}
