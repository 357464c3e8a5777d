// Goal: a browser is offered to be woken where that works, and told why not elsewhere. Method: a table of browsers.
import { expect, test } from 'vitest';
import { fromBase64Url, judgeWaking } from '../../src/app/waking';

const DESKTOP = { isSecureContext: true, hasWorker: true, hasPush: true, hasNotifications: true, permission: 'default', userAgent: 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0', isInstalled: false } as const;
const IPHONE = { ...DESKTOP, hasPush: false, hasNotifications: false, userAgent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Safari/604.1' };

test.each([
  [DESKTOP, 'can'],
  [{ ...DESKTOP, permission: 'granted' }, 'can'],
  [{ ...DESKTOP, permission: 'denied' }, 'denied'],
  [{ ...DESKTOP, isSecureContext: false }, 'insecure'],
  [{ ...DESKTOP, hasPush: false }, 'unable'],
  [{ ...DESKTOP, hasWorker: false }, 'unable'],
  [IPHONE, 'home-screen'],
  [{ ...IPHONE, isInstalled: true }, 'unable'],
  [{ ...IPHONE, hasPush: true, hasNotifications: true, isInstalled: true }, 'can'],
] as const)('%o: %s', (here, expected) => {
  expect(judgeWaking(here)).toBe(expected);
});

test('the key of the hub is read as browsers want it', () => {
  expect([...fromBase64Url('-_8A')]).toEqual([251, 255, 0]);
});
