// Goal: a missing picture says why, and only what may pass by itself is asked for again. Method: cameras and errors as the hub gives them.
import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { Camera } from '../../src/app/model';

type Module = typeof import('../../src/app/eventpicture.svelte');
let pictures: Module;
let errors: typeof import('../../src/api/client');

beforeAll(async () => {
  vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => undefined });
  vi.stubGlobal('navigator', { languages: ['en'] });
  vi.stubGlobal('document', { documentElement: {} });
  await (await import('../../src/i18n/translate.svelte')).setLanguage('en');
  pictures = await import('../../src/app/eventpicture.svelte');
  errors = await import('../../src/api/client');
});

function camera(more: Partial<Camera>): Camera {
  return { capabilities: ['events'], ...more } as Camera;
}

describe('a camera', () => {
  test('that tells its events holds nothing back', () => {
    expect(pictures.heldBack(camera({}))).toBeNull();
    expect(pictures.heldBack(camera({ pin: 'set' }))).toBeNull();
    const off = { reason: 'why', is_foreign: false, since_us: 1, until_us: null };
    expect(pictures.heldBack(camera({ suspended: { live: off } }))).toBeNull();
  });

  test('that does not is not even asked', () => {
    const off = { reason: 'why', is_foreign: false, since_us: 1, until_us: null };
    const icons = [undefined, camera({ capabilities: ['live'] }), camera({ pin: 'ask' }), camera({ suspended: { events: off } })].map((one) => pictures.heldBack(one)?.icon);
    expect(icons).toEqual(['camera', 'shield', 'key', 'off']);
  });
});

test.each([
  ['pin_needed', 403, 'key', false],
  ['suspended', 403, 'off', false],
  ['no_such_picture', 404, 'silent', false],
  ['not_granted', 403, 'shield', false],
  ['no_such_camera', 404, 'camera', false],
  ['broken_picture', 200, 'warn', false],
  ['offline', 0, 'plug', true],
  ['ledger_unavailable', 503, 'warn', true],
] as const)('%s (%d) is said, and asked for again only where that may help', (code, status, icon, isPassing) => {
  const problem = pictures.problemOf(new errors.ApiError(code, status, code));
  expect([problem.icon, problem.isPassing]).toEqual([icon, isPassing]);
  expect(problem.text).not.toBe('');
});

test('what was refused is never asked for again', async () => {
  const { Refusal } = await import('../../src/seal/open');
  const refusal = Object.assign(Object.create(Refusal.prototype) as InstanceType<typeof Refusal>, { reason: 'foreign_household' });
  expect(pictures.problemOf(refusal)).toMatchObject({ icon: 'shield', isPassing: false });
});

test('refused, removed, deleted and broken are told apart', () => {
  const said = (code: string, status: number, fields = {}): string => pictures.problemOf(new errors.ApiError(code, status, code, fields)).text;
  const all = [said('suspended', 403), said('not_granted', 403), said('pin_needed', 403), said('no_such_camera', 404), said('no_such_picture', 404), said('broken_picture', 200), said('offline', 0)];
  expect(new Set(all).size).toBe(all.length);
  const off = { reason: 'Recalled by its maker', since_us: 1, until_us: null };
  const listed = pictures.heldBack(camera({ suspended: { events: { ...off, is_foreign: false } } }));
  expect(said('suspended', 403, off)).toBe(listed?.text);
  expect(said('suspended', 403, off)).toContain('Recalled by its maker');
});
