// Goal: whatever wakes the worker, what it shows is neutral and leads into our own pages. Method: the real file in an empty world.
import { expect, test, vi } from 'vitest';

const FILES = import.meta.glob<string>('../../public/sw.js', { query: '?raw', import: 'default', eager: true });
const SOURCE = Object.values(FILES)[0] ?? '';
const ID = '0123456789abcdef0123456789abcdef';

interface Shown {
  title: string;
  body: string;
  path: string;
}

function makeWorker(language = 'en-GB', pages: { focus: () => Promise<unknown>; navigate: (path: string) => Promise<unknown> }[] = []) {
  const listeners: Record<string, (event: unknown) => void> = {};
  const shown: Shown[] = [];
  const openWindow = vi.fn(() => Promise.resolve(null));
  const self = {
    location: { origin: 'https://home.example' },
    addEventListener: (name: string, listener: (event: unknown) => void) => (listeners[name] = listener),
    registration: {
      showNotification: (title: string, { body, data }: { body: string; data: { path: string } }) => {
        shown.push({ title, body, path: data.path });
        return Promise.resolve();
      },
    },
    clients: { matchAll: () => Promise.resolve(pages), openWindow },
  };
  const noNetwork = () => Promise.reject(new Error('no network'));
  new Function('self', 'caches', 'navigator', 'fetch', SOURCE)(self, {}, { language }, noNetwork);
  const dispatch = async (name: string, event: object) => {
    let work: Promise<unknown> = Promise.resolve();
    listeners[name]?.({ ...event, waitUntil: (promise: Promise<unknown>) => (work = promise) });
    await work;
  };
  return { shown, openWindow, dispatch };
}

const says = (value: unknown) => ({ json: () => value });
const breaks = { json: () => JSON.parse('{') as unknown };

test.each([
  ['an event', says({ v: 1, event: ID }), 'Something was noticed.', `/events?event=${ID}`],
  ['more', says({ v: 1, more: true }), 'More was noticed. For a while nothing further is said.', '/events'],
  ['a test', says({ v: 1, test: true }), 'Notices arrive here.', '/notifications'],
  ['a sign-in that ran out', says({ v: 1, signed_out: true }), 'Sign in again to be told.', '/'],
  ['no JSON', breaks, 'More was noticed. For a while nothing further is said.', '/events'],
  ['nothing', null, 'More was noticed. For a while nothing further is said.', '/events'],
  ['another address', says({ event: 'https://evil.example/' }), 'More was noticed. For a while nothing further is said.', '/events'],
  ['a path', says({ event: '../../logout', path: '/x', title: 'Ann', body: 'naked' }), 'More was noticed. For a while nothing further is said.', '/events'],
])('%s is shown without a word of what was noticed', async (_name, data, body, path) => {
  const worker = makeWorker();
  await worker.dispatch('push', { data });
  expect(worker.shown).toEqual([{ title: 'Keepsight', body, path }]);
});

test('it speaks the language of the browser', async () => {
  const worker = makeWorker('de-AT');
  await worker.dispatch('push', { data: says({ event: ID }) });
  expect(worker.shown[0]?.body).toBe('Etwas wurde bemerkt.');
});

test('a click leads a page that is open to the event, else a new one', async () => {
  const page = { focus: vi.fn(() => Promise.resolve(page)), navigate: vi.fn(() => Promise.resolve(null)) };
  const notification = { close: vi.fn(), data: { path: `/events?event=${ID}` } };
  const open = makeWorker('en', [page]);
  await open.dispatch('notificationclick', { notification });
  expect(notification.close).toHaveBeenCalledOnce();
  expect(page.navigate).toHaveBeenCalledWith(`/events?event=${ID}`);
  expect(open.openWindow).not.toHaveBeenCalled();

  const gone = { focus: () => Promise.reject(new Error('gone')), navigate: vi.fn() };
  const none = makeWorker('en', [gone]);
  await none.dispatch('notificationclick', { notification });
  expect(none.openWindow).toHaveBeenCalledWith(`/events?event=${ID}`);
});
