// Goal: how watching goes reads as what it means and what to do. Method: each state, in English.
import { beforeAll, expect, test, vi } from 'vitest';
import type { Models, Watching, WatchState } from '../../src/api/watching';
import { planOf } from '../../src/app/watching/shapes';

type Words = typeof import('../../src/app/watching/watchwords');
let words: Words;
const DOOR: [number, number][] = [[0.1, 0.1], [0.5, 0.1], [0.5, 0.9]]; // prettier-ignore
const WATCHING: Watching = {
  is_on: true, model: 'efficientdet-lite1', kinds: ['person', 'cat'], person_confidence: null, min_area: 0, cooldown_seconds: 0,
  zones: [{ name: 'Door', points: DOOR, kinds: [] }], masks: [DOOR], privacy_masks: [DOOR], hours: [], sounds: ['alarm'],
}; // prettier-ignore
const STATE: WatchState = { state: 'watching', reason: null, mode: 'keyframes', since_us: 0, dropped: 0, looks: 0 };

function modelsWith(state: 'installed' | 'missing' | 'broken'): Models {
  const model = { name: 'efficientdet-lite1', role: 'detector', size_bytes: 1, state, is_default: true, install: 'keepsight models install efficientdet-lite1' } as const;
  return { models: [model], own: [{ name: 'own:yard.onnx', has_labels: true, kinds: ['forklift'] }], own_folder: '/models/own' };
}

beforeAll(async () => {
  vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => undefined });
  vi.stubGlobal('navigator', { languages: ['en'] });
  vi.stubGlobal('document', { documentElement: {} });
  const translate = await import('../../src/i18n/translate.svelte');
  await translate.setLanguage('en');
  words = await import('../../src/app/watching/watchwords');
});

test.each<[Partial<WatchState> | null, Partial<Watching>, 'installed' | 'missing' | 'broken', string, string, string]>([
  [{}, {}, 'installed', 'good', 'Watching', ''],
  [{ state: 'behind' }, {}, 'installed', 'warn', 'Cannot keep up', ''],
  [{ state: 'failed' }, {}, 'installed', 'bad', 'Watching has failed', ''],
  [{ state: 'off' }, {}, 'installed', 'warn', 'Movement only: the model cannot be used', 'keepsight models verify'],
  [{ state: 'off' }, {}, 'missing', 'warn', 'Movement only: the model is not installed', 'keepsight models install efficientdet-lite1'],
  [{ state: 'off' }, {}, 'broken', 'warn', "Movement only: the model's file is damaged", 'keepsight models install efficientdet-lite1'],
  [{ state: 'watching' }, { model: 'none' }, 'missing', 'plain', 'Movement only', ''],
  [{ state: 'unwatched' }, { is_on: false }, 'missing', 'plain', 'Switched off', ''],
  [{ state: 'starting' }, {}, 'installed', 'plain', 'Starting', ''],
  [{ state: 'unwatched' }, {}, 'installed', 'plain', 'Not watched', ''],
  [null, {}, 'installed', 'plain', 'Not known yet', ''],
])('%j with %j and the model %s', (state, watching, model, tone, title, command) => {
  const found = words.stateWords(state === null ? null : { ...STATE, ...state }, { ...WATCHING, ...watching }, modelsWith(model));
  expect([found.tone, found.title, found.command]).toEqual([tone, title, command]);
  expect(found.text).not.toBe('');
});

test('a camera is summed up in one line', () => {
  expect(words.summary(WATCHING)).toBe('People and Cats · in Door · listens for Smoke or CO alarm');
  expect(words.summary({ ...WATCHING, is_on: false })).toBe('Switched off');
});

test('shapes and corners have names', () => {
  const plan = planOf(WATCHING);
  expect(plan.shapes.map((shape) => words.shapeName(plan, shape))).toEqual(['Door', 'Mask 1', 'Privacy mask 1']);
  const [door] = plan.shapes;
  if (door === undefined) throw new Error('no zone');
  expect(words.cornerWords(plan, door, 1)).toBe('Corner 2 of 3 of Door: 50 % across, 10 % down');
});

test('what can be chosen comes from the labels of a model of one’s own', () => {
  const models = modelsWith('installed');
  expect(words.offeredKinds({ model: 'own:yard.onnx', kinds: [] }, models)).toEqual(['forklift']);
  expect(words.offeredKinds({ model: 'efficientdet-lite1', kinds: ['heron'] }, models)).toEqual(['person', 'vehicle', 'cat', 'dog', 'package', 'heron']);
  expect(words.modelName('own:yard.onnx')).toBe('yard.onnx');
});

test('a problem without words has the words of the hub', () => {
  expect(words.problemWords('flat')).toContain('one line');
  expect(words.problemWords('of another version', 'as the hub says')).toBe('as the hub says');
});

test('a reason is said in the language on screen, with its values, and a newer one not at all', () => {
  const reason = { code: 'model_missing', values: { model: 'lite9' }, message: 'as the hub says' };
  expect(words.reasonWords(reason)).toContain('The model lite9 is not installed.');
  expect(words.reasonWords({ ...reason, code: 'of another version' })).toBeNull();
});

test('an own model that is refused needs another command than the others', () => {
  const off = words.stateWords({ ...STATE, state: 'off' }, { ...WATCHING, model: 'own:yard.onnx' }, modelsWith('installed'));
  expect([off.title, off.command]).toEqual(['Movement only: the model cannot be used', '']);
});

test('what somebody else changed is named', () => {
  expect(words.changedParts(WATCHING, { ...WATCHING, zones: [], min_area: 0.1 })).toBe('the smallest size and zones');
  expect(words.changedParts(WATCHING, { ...WATCHING })).toBe('');
});
