/** What is watched, how it goes and what is wrong with it, in words. */
import { HEARD_KINDS, type KnownModel, type Models, OWN_MODEL, type Reason, SEEN_KINDS, type Watching, type WatchState } from '../../api/watching';
import { t, tCode, type Key } from '../../i18n/translate.svelte';
import { listed } from '../grantwords';
import { type Plan, type Shape, shapesOf } from './shapes';

/** Labels of a model of one's own have no translation. */
export function kindName(kind: string): string {
  return tCode('watched', kind, kind);
}

/** How a shape is called; without one, all of them. */
export function shapeName(plan: Plan, shape: Shape | null): string {
  if (shape === null) return t('zones.drawn', { count: plan.shapes.length });
  if (shape.type === 'zone') return shape.name.trim() || t('zones.unnamed');
  const number = shapesOf(plan, shape.type).findIndex((one) => one.key === shape.key) + 1;
  return shape.type === 'mask' ? t('zones.mask_n', { number }) : t('zones.privacy_n', { number });
}

export function cornerWords(plan: Plan, shape: Shape, index: number): string {
  const [x, y] = shape.points[index] ?? [0, 0];
  return t('zones.corner', {
    number: index + 1, count: shape.points.length, shape: shapeName(plan, shape), x: Math.round(x * 100), y: Math.round(y * 100),
  }); // prettier-ignore
}

/** What the hub refused, or would; its own sentence where we have none. */
export function problemWords(problem: string, message = ''): string {
  return tCode('watching.problem', problem, message || t('watching.problem.other'));
}

/** Why something goes as it goes; null for a code newer than this catalogue. */
export function reasonWords(reason: Reason): string | null {
  return tCode('watching.reason', reason.code, '', reason.values) || null;
}

/** What of it is another, in words: "zones and the hours". */
export function changedParts(before: Watching, after: Watching): string {
  const parts = (Object.keys(before) as (keyof Watching)[]).filter((part) => JSON.stringify(before[part]) !== JSON.stringify(after[part]));
  return listed(parts.map((part) => tCode('watching.conflict.part', part, part)));
}

export function modelName(name: string): string {
  if (name === 'none') return t('watching.model_none');
  return name.startsWith(OWN_MODEL) ? name.slice(OWN_MODEL.length) : name;
}

/** Kinds to choose from: those of every model, or those of one's own. */
export function offeredKinds(watching: Pick<Watching, 'model' | 'kinds'>, models: Models | null): string[] {
  const own = models?.own.find((one) => one.name === watching.model);
  const base: readonly string[] = own === undefined || own.kinds.length === 0 ? SEEN_KINDS : own.kinds;
  return [...base, ...watching.kinds.filter((kind) => !base.includes(kind))];
}

export type Tone = 'good' | 'warn' | 'bad' | 'plain';

export interface StateWords {
  tone: Tone;
  title: string;
  text: string;
  /** What helps, to be typed on the hub's machine. */
  command: string;
}

/** The chosen model, where its file is not as it should be. */
export function missingModel(watching: Pick<Watching, 'model'>, models: Models | null): KnownModel | null {
  const known = models?.models.find((model) => model.name === watching.model);
  return known !== undefined && known.state !== 'installed' ? known : null;
}

/** How watching a camera goes, and what to do. `watching` is what the hub has, not what is being changed. */
export function stateWords(state: WatchState | null, watching: Watching, models: Models | null): StateWords {
  const words = (tone: Tone, code: string, command = ''): StateWords => ({
    tone, title: t(`watching.state.${code}` as Key), text: t(`watching.state.${code}_text` as Key), command,
  }); // prettier-ignore
  if (!watching.is_on) return words('plain', 'not_wanted');
  if (watching.model === 'none') return words('plain', 'movement');
  const missing = missingModel(watching, models);
  if (missing !== null) return words('warn', missing.state === 'broken' ? 'model_broken' : 'model_missing', missing.install);
  switch (state?.state) {
    case undefined:
      return words('plain', 'unknown');
    case 'watching':
      return words('good', 'watching');
    case 'behind':
      return words('warn', 'behind');
    case 'off':
      return watching.model.startsWith(OWN_MODEL)
        ? { ...words('warn', 'off'), text: t('watching.state.off_own_text') }
        : words('warn', 'off', 'keepsight models verify');
    case 'failed':
      return words('bad', 'failed');
    case 'starting':
      return words('plain', 'starting');
    case 'unwatched':
      return words('plain', 'unwatched');
  }
}

/** One line for a list: "person and vehicle in Door; listens for alarm". */
export function summary(watching: Watching): string {
  if (!watching.is_on) return t('watching.state.not_wanted');
  const parts = [watching.model === 'none' ? t('watching.state.movement') : listed(watching.kinds.map(kindName))];
  if (watching.zones.length > 0) parts.push(t('watching.in_zones', { zones: listed(watching.zones.map((zone) => zone.name)) }));
  if (watching.sounds.length > 0) parts.push(t('watching.hears', { sounds: listed(watching.sounds.map(kindName)) }));
  return parts.join(' · ');
}

/** The sounds, those that were tried first. */
export const TRIED_SOUNDS: readonly string[] = ['speech', 'alarm'];
export const SOUNDS_IN_ORDER: readonly string[] = [...TRIED_SOUNDS, ...HEARD_KINDS.filter((kind) => !TRIED_SOUNDS.includes(kind))];
