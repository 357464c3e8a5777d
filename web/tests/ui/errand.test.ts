// Goal: what a person asks for is done once, and its failure is said where they look. Method: the real household, dialog and notices.
import { beforeAll, beforeEach, expect, test, vi } from 'vitest';

let errands: typeof import('../../src/app/errand.svelte');
let errors: typeof import('../../src/api/client');
let dialog: (typeof import('../../src/app/confirmation.svelte'))['confirmation'];
let said: (typeof import('../../src/app/notices.svelte'))['notices'];

beforeAll(async () => {
  vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => undefined });
  vi.stubGlobal('navigator', { languages: ['en'] });
  vi.stubGlobal('document', { documentElement: {} });
  await (await import('../../src/i18n/translate.svelte')).setLanguage('en');
  errands = await import('../../src/app/errand.svelte');
  errors = await import('../../src/api/client');
  dialog = (await import('../../src/app/confirmation.svelte')).confirmation;
  said = (await import('../../src/app/notices.svelte')).notices;
});

beforeEach(() => {
  said.list = [];
});

const broken = () => Promise.reject(new errors.ApiError('offline', 0, 'no answer'));

test('is busy while it runs, and a second one does not begin', async () => {
  const errand = new errands.Errand();
  let finish: () => void = () => undefined;
  const first = errand.run(() => new Promise<void>((resolve) => (finish = resolve)));
  expect(errand.isBusy).toBe(true);
  const second = vi.fn(() => Promise.resolve());
  expect(await errand.run(second)).toBe(false);
  expect(await errand.attempt(second)).toBe(false);
  expect(second).not.toHaveBeenCalled();
  finish();
  expect(await first).toBe(true);
  expect(errand.isBusy).toBe(false);
});

test('a failure stays in words until the next one begins', async () => {
  const errand = new errands.Errand();
  expect(await errand.run(broken)).toBe(false);
  expect(errand.failure).toContain('The hub does not answer');
  expect(errand.isBusy).toBe(false);
  expect(said.list).toEqual([]);
  expect(await errand.run(() => Promise.resolve())).toBe(true);
  expect(errand.failure).toBe('');
});

test('words of one’s own come first', async () => {
  const errand = new errands.Errand(() => 'not here');
  await errand.run(broken);
  expect(errand.failure).toBe('not here');
});

test('without a form the failure is said at the edge of the page', async () => {
  const errand = new errands.Errand();
  expect(await errand.attempt(broken)).toBe(false);
  expect(errand.failure).toBe('');
  expect(said.list.map((notice) => notice.tone)).toEqual(['bad']);
  expect(await errand.attempt(() => Promise.resolve())).toBe(true);
});

test('who asks is proved first where the hub wants that, and nothing is done where it is not', async () => {
  const errand = new errands.Errand();
  let isRecent = false;
  const work = vi.fn(() => (isRecent ? Promise.resolve() : Promise.reject(new errors.ApiError('confirm_first', 403, ''))));
  const refused = errand.run(work);
  await vi.waitFor(() => expect(dialog.isOpen).toBe(true));
  dialog.finish(false);
  expect(await refused).toBe(false);
  expect(errand.failure).not.toBe('');
  const proved = errand.run(work);
  await vi.waitFor(() => expect(dialog.isOpen).toBe(true));
  isRecent = true;
  dialog.finish(true);
  expect(await proved).toBe(true);
  expect(work).toHaveBeenCalledTimes(3);
});
