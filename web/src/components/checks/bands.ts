/** How a rating looks: one tone for each band. */
import type { Band, Check, Outcome, Severity } from '../../api/checks';
import { t } from '../../i18n/translate.svelte';

export type Tone = 'good' | 'warn' | 'bad' | 'faint';

const TONES: Record<Band, Tone> = { very_good: 'good', good: 'good', fair: 'warn', weak: 'bad', poor: 'bad', not_rated: 'faint' };
export const SEVERITIES: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'note'];
export const OUTCOMES: readonly Outcome[] = ['violated', 'unknown', 'error', 'clear', 'not_applicable'];

export function toneOf(band: Band): Tone {
  return TONES[band] ?? 'faint';
}

/** The tone of a part's points, with the bounds of the published rating. */
export function toneOfScore(score: number | null): Tone {
  if (score === null) return 'faint';
  return score >= 75 ? 'good' : score >= 55 ? 'warn' : 'bad';
}

/** What a check is called: its owner's name for it, the product, else its files. */
export function titleOf(check: Check): string {
  const files = check.files.slice(0, 3).map((file) => file.name.split('/').at(-1) ?? file.name);
  return check.name || check.summary?.title || files.join(', ') || t('checks.unnamed');
}
