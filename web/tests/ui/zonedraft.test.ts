// Goal: nothing drawn is lost or invented, and each step can be undone. Method: a draft without a page.
import { expect, test } from 'vitest';
import { LIMITS, type Point, type Watching } from '../../src/api/watching';
import { Draft } from '../../src/app/watching/draft.svelte';
import { History } from '../../src/app/watching/history';
import { colourOf, fieldOf, planOf, problemsOf, type Shape, shapesOf, watchingOf, withKinds } from '../../src/app/watching/shapes';

const DOOR: Point[] = [[0.1, 0.1], [0.5, 0.1], [0.5, 0.9]]; // prettier-ignore
const NOTHING: Watching = {
  is_on: true, model: 'efficientdet-lite1', kinds: ['person', 'cat'], person_confidence: null, min_area: 0,
  cooldown_seconds: 0, zones: [], masks: [], privacy_masks: [], hours: [], sounds: [],
}; // prettier-ignore
const FULL: Watching = {
  ...NOTHING,
  zones: [{ name: 'Door', points: DOOR, kinds: ['cat'] }, { name: 'Path', points: DOOR, kinds: [] }],
  masks: [DOOR],
  privacy_masks: [DOOR],
  hours: [{ weekdays: [0], start_minute: 0, end_minute: 60 }],
};
const nameOf = (number: number): string => `Zone ${number}`;
const shapeOf = (draft: Draft, index: number): Shape => draft.plan.shapes[index] as Shape;

test('what the hub has comes back as it was', () => {
  expect(watchingOf(planOf(FULL))).toEqual(FULL);
  expect(new Draft(FULL, nameOf).isChanged).toBe(false);
});

test('a polygon is drawn, named, undone and drawn again', () => {
  const draft = new Draft(NOTHING, nameOf);
  draft.begin('zone');
  expect(draft.close()).toBeNull();
  for (const point of DOOR) expect(draft.add(point)).toBe(true);
  expect(draft.add(DOOR[2] as Point)).toBe(false); // the second click of a double click
  expect(draft.close()?.name).toBe('Zone 1');
  expect(draft.drawing).toBeNull();
  expect(draft.chosenShape?.points).toEqual(DOOR);
  expect(draft.isChanged).toBe(true);
  draft.undo();
  expect([draft.plan.shapes, draft.chosen, draft.isChanged]).toEqual([[], null, false]);
  draft.redo();
  expect(draft.watching.zones[0]).toEqual({ name: 'Zone 1', points: DOOR, kinds: [] });
});

test('corners that hold nothing close nothing, and can be taken back', () => {
  const draft = new Draft(NOTHING, nameOf);
  draft.begin('mask');
  for (const at of [0, 0.5, 1]) draft.add([at, at]);
  expect(draft.canClose).toBe(false);
  draft.undo();
  expect(draft.drawing?.points).toHaveLength(2);
  draft.add([1, 0]);
  expect(draft.close()?.type).toBe('mask');
  expect(draft.watching.masks).toHaveLength(1);
});

test('a drag is one step, the next one another', () => {
  const draft = new Draft(FULL, nameOf);
  for (const x of [0.2, 0.3, 0.4]) draft.moveCorner(shapeOf(draft, 0), 0, [x, 0.1], 'drag');
  draft.settle();
  draft.moveCorner(shapeOf(draft, 0), 0, [0.9, 0.1], 'drag');
  draft.undo();
  expect(shapeOf(draft, 0).points[0]).toEqual([0.4, 0.1]);
  draft.undo();
  expect(shapeOf(draft, 0).points).toEqual(DOOR);
  expect(draft.canUndo).toBe(false);
});

test('three corners stay, and not more than the hub takes', () => {
  const draft = new Draft(FULL, nameOf);
  expect(draft.removeCorner(shapeOf(draft, 0), 0)).toBe(false);
  while (draft.insert(shapeOf(draft, 0), 0));
  expect(shapeOf(draft, 0).points).toHaveLength(LIMITS.points);
  expect(draft.removeCorner(shapeOf(draft, 0), 1)).toBe(true);
});

test('masks of both kinds share their places', () => {
  const masks = Array.from({ length: LIMITS.polygons - 1 }, () => DOOR);
  const draft = new Draft({ ...NOTHING, masks, privacy_masks: [DOOR] }, nameOf);
  expect([draft.hasRoom('mask'), draft.hasRoom('privacy'), draft.hasRoom('zone')]).toEqual([false, false, true]);
});

test('a refusal goes with the next change', () => {
  const draft = new Draft(FULL, nameOf);
  draft.refused = new Map([['zones.0.name', 'odd_name']]);
  expect(draft.problems.get('zones.0.name')).toBe('odd_name');
  draft.setShape(shapeOf(draft, 0).key, { name: 'Gate' }, 'name');
  expect(draft.problems.size).toBe(0);
});

test('what somebody else saved takes the place of the draft, and undo brings it back', () => {
  const draft = new Draft(NOTHING, nameOf);
  draft.set({ min_area: 0.1 });
  draft.take(FULL);
  expect([draft.watching, draft.isChanged]).toEqual([FULL, false]);
  draft.undo();
  expect([draft.watching, draft.isChanged]).toEqual([{ ...NOTHING, min_area: 0.1 }, true]);
});

test('what a person left is found again, and can be undone', () => {
  const draft = new Draft(NOTHING, nameOf, FULL);
  expect(draft.isChanged).toBe(true);
  draft.undo();
  expect(draft.watching).toEqual(NOTHING);
});

test('zones give up kinds that are not watched for', () => {
  const plan = withKinds(planOf(FULL), ['person']);
  expect(watchingOf(plan).zones.map((zone) => zone.kinds)).toEqual([[], []]);
});

test('problems and colours are found by the place among those of the same type', () => {
  const plan = planOf({ ...FULL, kinds: [], zones: FULL.zones.map((zone) => ({ ...zone, name: 'Door', kinds: [] })) });
  expect([...problemsOf(plan)]).toEqual([['zones.1.name', 'name_taken'], ['kinds', 'nothing']]);
  const [, , mask, privacy] = plan.shapes as [Shape, Shape, Shape, Shape];
  expect([fieldOf(plan, mask), fieldOf(plan, privacy)]).toEqual(['masks.0', 'privacy_masks.0']);
  expect(shapesOf(plan, 'zone').map((zone) => colourOf(plan, zone))).toEqual([0, 1]);
});

test('history forgets what was undone when something else is done', () => {
  const history = new History(0);
  history.push(1);
  history.push(2);
  history.undo();
  history.push(3);
  history.redo();
  expect(history.now).toBe(3);
  history.undo();
  history.undo();
  history.undo();
  expect(history.now).toBe(0);
});
