/** A ledger line as a sentence. Field names differ by type, so everything is read with care. */
import { number, t, tCode, type Key } from '../i18n/translate.svelte';
import { listed } from './grantwords';
import { household } from './household.svelte';
import type { IconName } from '../components/Icon.svelte';

/** A line of the ledger, as the hub gives it or as it was proven. */
export type Line = Readonly<Record<string, unknown>>;

export type LineKind = 'keys' | 'refused' | 'signin' | 'people' | 'cameras' | 'household';

/** Which lines are of a kind that people look for. The rest is under "all" only. */
export const LINE_KINDS: Record<LineKind, readonly string[]> = {
  keys: ['release', 'delivered', 'export'],
  refused: ['refused', 'refused_release', 'ledger_alarm', 'rolled_back', 'suspended', 'resumed'],
  signin: ['sign_in', 'sign_in_failed', 'sign_out', 'session_ended', 'passphrase_changed', 'email_changed'],
  people: ['member_added', 'member_changed', 'member_removed', 'granted', 'grant_changed', 'grant_ended', 'invited', 'invite_used', 'invite_revoked', 'device_enrolled', 'device_removed', 'subject_erased', 'subject_exported', 'consent_given', 'consent_withdrawn', 'notices_changed', 'push_subscribed', 'push_ended'],
  cameras: ['camera_added', 'camera_tried', 'camera_changed', 'camera_kept', 'camera_removed', 'identity_changed', 'identity_accepted', 'identity_stopped', 'recordings_deleted', 'event_deleted', 'event_kept', 'event_not_kept'],
  household: ['settings', 'pin_set', 'pin_removed', 'renamed', 'epoch', 'recovered', 'recovery_kit', 'mail_server', 'push_services', 'broker_set', 'host_forbidden', 'ledger_taken_over', 'restore_accepted', 'alarm_cleared'],
};

const ICONS: Record<string, IconName> = {
  release: 'key', refused: 'shield', sign_in: 'device', sign_in_failed: 'warn', member_added: 'device', device_enrolled: 'device',
  device_removed: 'close', settings: 'settings', export: 'export', recordings_deleted: 'close', event_deleted: 'close', event_kept: 'check', camera_added: 'camera',
  camera_changed: 'camera', camera_removed: 'close', identity_accepted: 'swap', identity_changed: 'swap',
  granted: 'key', member_removed: 'close', member_changed: 'device', rolled_back: 'warn', ledger_alarm: 'warn', restore_accepted: 'check',
  alarm_cleared: 'check', subject_erased: 'close', suspended: 'off', resumed: 'check', epoch: 'key', sign_out: 'signOut',
  check_started: 'checks', check_finished: 'checks', check_deleted: 'close',
}; // prettier-ignore

function textOf(line: Line, ...names: string[]): string {
  for (const name of names) {
    const value = line[name];
    if (typeof value === 'string' && value !== '') return value;
    if (typeof value === 'number') return number(value);
  }
  return '';
}

export function lineIcon(line: Line): IconName {
  return ICONS[textOf(line, 'type')] ?? 'ledger';
}

/** Wall time of the line, in microseconds; null where it has none. */
export function lineUs(line: Line): number | null {
  for (const name of ['at_us', 'wall_us']) {
    const value = line[name];
    if (typeof value === 'number') return value;
  }
  return null;
}

function named(id: string, names: ReadonlyMap<string, string>, some: Key, other: Key): string {
  if (id === '') return t(some);
  return names.get(id) ?? t(other, { id: id.slice(0, 8) });
}

/** What of an exported video was changed; null on a line from before that was written down. */
function changesOf(line: Line): string[] | null {
  const changes: unknown = line['changes'];
  if (!Array.isArray(changes)) return null;
  return changes.filter((change) => typeof change === 'string');
}

/** The line's type; how a camera is watched, and what of it is hidden, have words of their own. */
function typeOf(line: Line): string {
  const type = textOf(line, 'type');
  const changes = type === 'export' ? changesOf(line) : null;
  if (changes !== null) return changes.length === 0 ? 'export_unchanged' : 'export_changed';
  const fields: unknown[] = type === 'camera_changed' && Array.isArray(line['fields']) ? line['fields'] : [];
  if (fields.includes('watching.privacy_masks')) return 'camera_masked';
  return fields.some((name) => typeof name === 'string' && name.startsWith('watching')) ? 'camera_watching' : type;
}

/** What happened. A type newer than this page is shown by its own name. */
export function lineText(line: Line, names: ReadonlyMap<string, string>): string {
  const id = textOf(line, 'camera');
  const member = textOf(line, 'member');
  const purpose = textOf(line, 'purpose');
  const reason = textOf(line, 'reason');
  const somebody = t(line['erased'] === true ? 'sight.erased' : 'ledger.somebody');
  const values = {
    camera: household.camera(id)?.name ?? named(id, names, 'ledger.some_camera', 'ledger.camera'),
    device: named(textOf(line, 'device', 'device_id'), names, 'ledger.some_device', 'ledger.device'),
    purpose: tCode('purpose', purpose, purpose),
    reason: tCode('refusal', reason, reason),
    member: names.get(member) ?? (textOf(line, 'name') || somebody),
    changes: listed((changesOf(line) ?? []).map((change) => tCode('ledger.change', change, change))),
    what: textOf(line, 'what', 'action', 'event', 'product', 'problem'),
  };
  const type = typeOf(line);
  return tCode('ledger.line', type, type === '' ? t('ledger.unknown') : type.replaceAll('_', ' '), values);
}
