/** Zones and masks of one camera as one list of shapes, and back. Pure. */
import type { Polygon, Watching } from '../../api/watching';

export type ShapeType = 'zone' | 'mask' | 'privacy';
export const SHAPE_TYPES: readonly ShapeType[] = ['zone', 'mask', 'privacy'];

export interface Shape {
  /** The same while the page is open, however the list changes. */
  key: string;
  type: ShapeType;
  /** Of a zone. */
  name: string;
  /** Of a zone; empty: all that are watched for. */
  kinds: string[];
  points: Polygon;
}

/** What is edited on the page. */
export interface Plan {
  shapes: Shape[];
  /** Without what the shapes say. */
  rest: Omit<Watching, 'zones' | 'masks' | 'privacy_masks'>;
}

let made = 0;

export function newShape(type: ShapeType, points: Polygon, name = '', kinds: string[] = []): Shape {
  made += 1;
  return { key: `${type}-${made}`, type, name, kinds, points };
}

export function planOf({ zones, masks, privacy_masks, ...rest }: Watching): Plan {
  return {
    rest,
    shapes: [
      ...zones.map((zone) => newShape('zone', zone.points, zone.name, zone.kinds)),
      ...masks.map((points) => newShape('mask', points)),
      ...privacy_masks.map((points) => newShape('privacy', points)),
    ],
  };
}

export function shapesOf(plan: Plan, type: ShapeType): Shape[] {
  return plan.shapes.filter((shape) => shape.type === type);
}

export function watchingOf(plan: Plan): Watching {
  const points = (type: ShapeType): Polygon[] => shapesOf(plan, type).map((shape) => shape.points);
  return {
    ...plan.rest,
    // As the hub keeps them, in whichever order they were chosen.
    hours: plan.rest.hours.map((part) => ({ ...part, weekdays: [...part.weekdays].sort((a, b) => a - b) })),
    zones: shapesOf(plan, 'zone').map((shape) => ({ name: shape.name.trim(), points: shape.points, kinds: shape.kinds })),
    masks: points('mask'),
    privacy_masks: points('privacy'),
  };
}

/** Whether two say the same. */
export function isSame(one: Watching, other: Watching): boolean {
  return JSON.stringify(watchingOf(planOf(one))) === JSON.stringify(watchingOf(planOf(other)));
}

/** Which of several colours a zone has: by its place among the zones. */
export const COLOURS = 8;

export function colourOf(plan: Plan, shape: Shape): number {
  return shapesOf(plan, 'zone').findIndex((zone) => zone.key === shape.key) % COLOURS;
}

/** "Zone 3", with the smallest number that no zone has. `nameOf` says it in the language on screen. */
export function freeName(plan: Plan, nameOf: (number: number) => string): string {
  const taken = new Set(plan.shapes.map((shape) => shape.name.trim().toLowerCase()));
  let number = 1;
  while (taken.has(nameOf(number).toLowerCase())) number += 1;
  return nameOf(number);
}

/** Watch for these kinds: zones give up what is not watched for any more. */
export function withKinds(plan: Plan, kinds: string[]): Plan {
  return {
    rest: { ...plan.rest, kinds },
    shapes: plan.shapes.map((shape) => ({ ...shape, kinds: shape.kinds.filter((kind) => kinds.includes(kind)) })),
  };
}

/** What the hub would refuse, before it is asked: problem by field, as the hub names them. */
export function problemsOf(plan: Plan): Map<string, string> {
  const found = new Map<string, string>();
  const names = new Set<string>();
  shapesOf(plan, 'zone').forEach((zone, index) => {
    const name = zone.name.trim().toLowerCase();
    if (name === '') found.set(`zones.${index}.name`, 'no_name');
    else if (names.has(name)) found.set(`zones.${index}.name`, 'name_taken');
    names.add(name);
  });
  const { is_on, kinds, sounds, model } = plan.rest;
  if (is_on && model !== 'none' && kinds.length === 0 && sounds.length === 0) found.set('kinds', 'nothing');
  plan.rest.hours.forEach((part, index) => {
    if (part.weekdays.length === 0) found.set(`hours.${index}`, 'no_days');
  });
  return found;
}

/** The field of a shape, as the hub names it: `zones.1`, `masks.0`. */
export function fieldOf(plan: Plan, shape: Shape): string {
  const list = { zone: 'zones', mask: 'masks', privacy: 'privacy_masks' }[shape.type];
  return `${list}.${shapesOf(plan, shape.type).findIndex((one) => one.key === shape.key)}`;
}
