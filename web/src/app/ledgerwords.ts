/** A ledger line as a sentence. Field names differ by type, so everything is read with care. */
import { number, t, tCode, type Key } from '../i18n/translate.svelte';
import { household } from './household.svelte';
import type { LedgerLine } from './model';
import type { IconName } from '../components/Icon.svelte';

const ICONS: Record<string, IconName> = {
  release: 'key', refused: 'shield', sign_in: 'device', sign_in_failed: 'warn', member_added: 'device', device_enrolled: 'device',
  device_removed: 'close', settings: 'settings', export: 'export', recordings_deleted: 'close', camera_added: 'camera',
  camera_changed: 'camera', camera_removed: 'close', identity_accepted: 'swap', identity_changed: 'swap',
  check_started: 'checks', check_finished: 'checks', check_deleted: 'close',
}; // prettier-ignore

function textOf(line: LedgerLine, ...names: string[]): string {
  for (const name of names) {
    const value = line[name];
    if (typeof value === 'string' && value !== '') return value;
    if (typeof value === 'number') return number(value);
  }
  return '';
}

export function lineIcon(line: LedgerLine): IconName {
  return ICONS[line.type ?? ''] ?? 'ledger';
}

/** Wall time of the line, in microseconds; null where it has none. */
export function lineUs(line: LedgerLine): number | null {
  for (const name of ['at_us', 'wall_us']) {
    const value = line[name];
    if (typeof value === 'number') return value;
  }
  return null;
}

function deviceName(id: string, names: ReadonlyMap<string, string>): string {
  return names.get(id) ?? (id === '' ? t('ledger.some_device') : t('ledger.device', { id: id.slice(0, 8) }));
}

/** What happened. A type newer than this page is shown by its own name. */
export function lineText(line: LedgerLine, devices: ReadonlyMap<string, string>): string {
  const id = textOf(line, 'camera');
  const camera = household.camera(id)?.name ?? (id === '' ? t('ledger.some_camera') : t('ledger.camera', { id: id.slice(0, 8) }));
  const purpose = textOf(line, 'purpose');
  const reason = textOf(line, 'reason');
  const values = {
    camera,
    device: deviceName(textOf(line, 'device', 'device_id'), devices),
    purpose: tCode('purpose', purpose, purpose),
    reason: tCode('refusal', reason, reason),
    member: textOf(line, 'member', 'name') || t('ledger.somebody'),
    what: textOf(line, 'what', 'action', 'event'),
  };
  const type = line.type ?? '';
  return tCode('ledger.line', type, type === '' ? t('ledger.unknown' as Key) : type, values);
}
