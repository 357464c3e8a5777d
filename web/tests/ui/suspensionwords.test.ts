// Goal: what is off reads as a sentence, whoever did it. Method: each kind of suspension, in English.
import { beforeAll, expect, test, vi } from 'vitest';
import type { Suspension } from '../../src/api/suspensions';

type Words = typeof import('../../src/app/suspensionwords');
let words: Words;
const NONE: Suspension = {
  suspension: 'a'.repeat(32), integration: null, vendor: null, model: null, camera: null, device: null, path: null,
  capabilities: [], reason: 'recalled', since_us: 0, until_us: null, by: 'b'.repeat(32),
}; // prettier-ignore
const HALL = 'c'.repeat(32);
const cameraName = (id: string): string | undefined => (id === HALL ? 'Hall' : undefined);

beforeAll(async () => {
  vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => undefined });
  vi.stubGlobal('navigator', { languages: ['en'] });
  vi.stubGlobal('document', { documentElement: {} });
  const translate = await import('../../src/i18n/translate.svelte');
  await translate.setLanguage('en');
  words = await import('../../src/app/suspensionwords');
});

test.each<[Partial<Suspension>, string]>([
  [{ integration: '*' }, 'every integration'],
  [{ integration: 'smart display', capabilities: ['live'] }, 'the integration smart display: live'],
  [{ vendor: 'Acme', camera: HALL }, 'cameras made by Acme and Hall'],
  [{ camera: 'd'.repeat(32) }, 'a removed camera'],
  [{ capabilities: ['export'] }, 'all cameras: export'],
])('%j', (more, expected) => {
  expect(words.whatWords({ ...NONE, ...more }, cameraName)).toBe(expected);
});

test('who did it', () => {
  expect(words.whoWords('f'.repeat(32), () => undefined)).toBe('Keepsight itself');
  expect(words.whoWords('0'.repeat(32), () => undefined)).toBe('the command line');
  expect(words.whoWords(NONE.by, () => 'Ann')).toBe('Ann');
  expect(words.whoWords(NONE.by, () => undefined)).toBe('an owner');
});
