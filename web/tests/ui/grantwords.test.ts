import { beforeAll, describe, expect, test, vi } from 'vitest';
import { days, grantsWords, nothingNow, offered } from '../../src/app/grantwords';
import type { GrantWish } from '../../src/api/members';
import { setLanguage } from '../../src/i18n/translate.svelte';

const NAMES: Record<string, string> = { a: 'Kitchen', b: 'Hall' };
const cameraName = (id: string): string | undefined => NAMES[id];

function grant(changes: Partial<GrantWish> = {}): GrantWish {
  return { camera: 'a', capabilities: ['still', 'live'], until_us: null, hours: [], ...changes };
}

beforeAll(async () => {
  vi.stubGlobal('document', { documentElement: { lang: '' } });
  vi.stubGlobal('navigator', { languages: ['en-GB'] });
  await setLanguage('en');
});

describe('grants in words', () => {
  test('name cameras, capabilities in their order, and hours', () => {
    expect(grantsWords([grant()], cameraName)).toEqual(['Kitchen: live and stills']);
    const hours = [{ weekdays: [0, 1, 2, 3, 4], start_minute: 480, end_minute: 1020 }];
    expect(grantsWords([grant({ hours })], cameraName)[0]).toMatch(/^Kitchen: live and stills, Mon–Fri .*8:00.*/);
    expect(grantsWords([grant({ camera: null })], cameraName)).toEqual(['All cameras: live and stills']);
    expect(grantsWords([grant({ camera: 'gone' })], cameraName)).toEqual(['a removed camera: live and stills']);
  });

  test('join what differs in the camera only', () => {
    expect(grantsWords([grant(), grant({ camera: 'b' })], cameraName)).toEqual(['Kitchen and Hall: live and stills']);
    expect(grantsWords([grant(), grant({ camera: 'b', capabilities: ['live'] })], cameraName)).toHaveLength(2);
  });

  test('join days in a row and no others', () => {
    expect(days([0, 1, 2])).toBe('Mon–Wed');
    expect(days([5, 0])).toBe('Mon and Sat');
    expect(days([0, 2, 4])).toBe('Mon, Wed and Fri');
  });
});

describe('why there is nothing to see', () => {
  const held = { until_us: null, holds: false, hours: [] };

  test('never granted, ended, at other hours, not yet', () => {
    expect(nothingNow([], 10)).toMatch(/No camera is granted/);
    expect(nothingNow([{ ...held, until_us: 5 }], 10)).toMatch(/ended on/);
    const hours = [{ weekdays: [6], start_minute: 0, end_minute: 60 }];
    expect(nothingNow([{ ...held, hours }], 10)).toMatch(/You may look Sun/);
    expect(nothingNow([held], 10)).toMatch(/has not begun/);
  });
});

test('a guest is offered looking, and nothing that lasts', () => {
  expect(offered('guest')).toEqual(['live', 'still']);
  expect(offered('member')).not.toContain('shutter');
});
