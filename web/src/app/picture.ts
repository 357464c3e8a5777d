/** What a picture's state means for the person who looks. */
import type { IconName } from '../components/Icon.svelte';
import type { LiveReport, PictureState } from './ports';

export const NO_REPORT: LiveReport = {
  state: 'connecting', ageSeconds: null, reason: null, stream: 'main', isSubstitute: false, isStills: false, width: 0, height: 0,
}; // prettier-ignore

const ICONS: Record<PictureState, IconName> = {
  connecting: 'camera',
  live: 'camera',
  stale: 'silent',
  refused: 'shield',
  undecodable: 'warn',
  offline: 'plug',
  starting: 'camera',
  silent: 'silent',
  unreachable: 'plug',
  wrong_password: 'key',
  not_found: 'search',
  unsupported: 'warn',
  not_rtsp: 'warn',
  identity_changed: 'swap',
  stopped: 'off',
  suspended: 'off',
  hidden: 'shield',
};

export function pictureIcon(state: PictureState): IconName {
  return ICONS[state];
}

/** States in which an old picture may stay on screen with its age; all others cover it. */
export function keepsPicture(state: PictureState): boolean {
  return state === 'live' || state === 'stale' || state === 'connecting' || state === 'starting' || state === 'silent' || state === 'offline';
}

/** Nothing to say: the picture speaks. */
export function isQuiet(state: PictureState): boolean {
  return state === 'live' || state === 'connecting' || state === 'starting';
}

/** Offers a blob to the browser's downloads. */
export function saveBlob(blob: Blob, fileName: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = fileName;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** `front-door 2026-11-21 14-03-22`: safe in every file system. */
export function fileStem(name: string, us: number): string {
  const date = new Date(us / 1000 - new Date(us / 1000).getTimezoneOffset() * 60_000);
  const when = date.toISOString().slice(0, 19).replace('T', ' ').replaceAll(':', '-');
  const safe = name.trim().toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-+|-+$/g, '');
  return `${safe || 'camera'} ${when}`;
}
