/** What is switched off, in words: "Every integration: live and stills". */
import { BY_COMMAND_LINE, BY_HUB, type Suspension } from '../api/suspensions';
import { DAY_CLOCK, t, time } from '../i18n/translate.svelte';
import { capabilityWords, listed } from './grantwords';
import type { Off } from './model';

/** What it is about; `cameraName` is asked for names, a camera that is gone has none. */
export function whatWords(one: Suspension, cameraName: (id: string) => string | undefined): string {
  const parts: string[] = [];
  if (one.integration === '*') parts.push(t('suspensions.what.every_integration'));
  else if (one.integration !== null) parts.push(t('suspensions.what.integration', { name: one.integration }));
  if (one.vendor !== null) parts.push(t('suspensions.what.vendor', { name: one.vendor }));
  if (one.model !== null) parts.push(t('suspensions.what.model', { name: one.model }));
  if (one.camera !== null) parts.push(t('suspensions.what.camera', { name: cameraName(one.camera) ?? t('grant.gone_camera') }));
  if (one.path !== null) parts.push(t('suspensions.what.path', { name: one.path }));
  if (one.device !== null) parts.push(t('suspensions.what.device'));
  if (parts.length === 0) parts.push(t('suspensions.what.all_cameras'));
  const about = listed(parts);
  if (one.capabilities.length === 0) return about;
  return t('grant.what', { cameras: about, capabilities: capabilityWords(one.capabilities) });
}

/** Who did it; `memberName` is asked for names. */
export function whoWords(by: string, memberName: (id: string) => string | undefined): string {
  if (by === BY_HUB) return t('suspensions.by_hub');
  if (by === BY_COMMAND_LINE) return t('suspensions.by_command_line');
  return memberName(by) ?? t('suspensions.by_owner');
}

/** Why, in the reader's language where the hub itself gave the reason. */
export function whyWords(reason: string, isByHub: boolean): string {
  return isByHub ? t('suspensions.foreign_reason') : reason;
}

/** Why a picture is missing, and until when: for the place where it would be. */
export function offWords(off: Off): string {
  const why = whyWords(off.reason, off.is_foreign);
  if (off.until_us === null) return t('suspensions.off', { reason: why });
  return t('suspensions.off_until', { reason: why, until: time(off.until_us, DAY_CLOCK) });
}
