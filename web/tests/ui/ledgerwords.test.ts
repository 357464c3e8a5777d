import { beforeAll, describe, expect, test, vi } from 'vitest';
import { lineText } from '../../src/app/ledgerwords';
import { setLanguage } from '../../src/i18n/translate.svelte';

const NAMES = new Map([['c1', 'Hall']]);

beforeAll(async () => {
  vi.stubGlobal('document', { documentElement: { lang: '' } });
  vi.stubGlobal('navigator', { languages: ['en-GB'] });
  await setLanguage('en');
});

describe('a line about an exported video', () => {
  const line = (more: object) => lineText({ type: 'export', camera: 'c1', ...more }, NAMES);

  test('says what was changed of it', async () => {
    expect(line({ changes: ['faces', 'masks', 'sound'] })).toBe(
      'A video of Hall was exported: faces and heads blurred, privacy masks applied and sound left out',
    );
    expect(line({ changes: ['sound'] })).toBe('A video of Hall was exported: sound left out');
    expect(line({ changes: [] })).toBe('A video of Hall was exported as it was recorded');
    await setLanguage('de');
    expect(line({ changes: ['faces', 'sound'] })).toBe('Ein Video von Hall wurde exportiert: Gesichter und Köpfe unkenntlich und ohne Ton');
    await setLanguage('en');
  });

  test('says nothing of it where nobody wrote it down, and shows what is newer than this page', () => {
    expect(line({})).toBe('A video of Hall was exported');
    expect(line({ changes: ['plates'] })).toBe('A video of Hall was exported: plates');
  });

  test('is the only kind of line that has changes', () => {
    expect(lineText({ type: 'camera_added', camera: 'c1', changes: ['sound'] }, NAMES)).toBe('Hall was added');
  });
});
