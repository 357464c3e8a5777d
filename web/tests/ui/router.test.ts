// Goal: every page has one address and nothing else is a page. Method: there and back; the door's own list of routes.
import { beforeAll, expect, test, vi } from 'vitest';

type RouterModule = typeof import('../../src/app/router.svelte');
let router: RouterModule;
const ID = '0123456789abcdef0123456789abcdef';

beforeAll(async () => {
  vi.stubGlobal('location', { pathname: '/', search: '' });
  vi.stubGlobal('addEventListener', () => undefined);
  router = await import('../../src/app/router.svelte');
});

test('each page comes back from its address', () => {
  for (const page of ['wall', 'events', 'timeline', 'add', 'settings', 'status', 'ledger', 'checks', 'suspensions', 'privacy', 'notifications'] as const) {
    expect(router.parsePath(router.pathOf({ page }))).toEqual({ page });
  }
  for (const page of ['camera', 'camera-settings', 'camera-watching', 'check'] as const) {
    expect(router.parsePath(router.pathOf({ page, id: ID }))).toEqual({ page, id: ID });
  }
});

test.each(['/camera', '/camera/xyz', `/camera/${ID}/more`, '/settings/camera', '/settings/other', '/cameras', `/cameras/${ID}`, `/cameras/${ID}/watching/more`, '/status/1', '/api', '/%2e%2e'])('%s is no page', (path) => {
  expect(router.parsePath(path)).toEqual({ page: 'unknown' });
});
