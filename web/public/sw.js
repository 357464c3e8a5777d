/*
 * Keeps the shell of Keepsight (page, scripts, styles, icons) for the moment the door is away.
 * Network first. Pictures, keys and answers of the hub are never kept: /api, /s and /live pass by.
 * Shows notices: what a locked screen shows to everybody names nothing of what was noticed.
 */
const CACHE = 'keepsight-shell-1';
const ENTRIES_MAX = 60;
const PASSED_BY = ['/api', '/s/', '/live'];

// Fails, and the worker is not installed, where this worker may not reach the door: a shell that
// cannot be refreshed is worse than none.
async function install() {
  const page = await fetch('/', { cache: 'no-store' });
  if (!page.ok) throw new Error('the door does not answer');
  await (await caches.open(CACHE)).put('/', page);
  await self.skipWaiting();
}

async function activate() {
  for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
  await self.clients.claim();
}

self.addEventListener('install', (event) => event.waitUntil(install()));
self.addEventListener('activate', (event) => event.waitUntil(activate()));

async function keep(key, answer) {
  const cache = await caches.open(CACHE);
  await cache.put(key, answer);
  const keys = await cache.keys();
  for (const old of keys.slice(0, Math.max(0, keys.length - ENTRIES_MAX))) await cache.delete(old);
}

async function networkFirst(request) {
  const key = request.mode === 'navigate' ? '/' : request;
  try {
    const answer = await fetch(request);
    if (answer.ok && answer.type === 'basic' && !answer.redirected) await keep(key, answer.clone());
    return answer;
  } catch (error) {
    const kept = await (await caches.open(CACHE)).match(key);
    if (kept !== undefined) return kept;
    throw error;
  }
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (PASSED_BY.some((prefix) => url.pathname === prefix || url.pathname.startsWith(prefix))) return;
  event.respondWith(networkFirst(request));
});

const WORDS = {
  en: { event: 'Something was noticed.', more: 'More was noticed. For a while nothing further is said.', test: 'Notices arrive here.', out: 'Sign in again to be told.' },
  de: { event: 'Etwas wurde bemerkt.', more: 'Es wurde mehr bemerkt. Eine Zeit lang kommt keine weitere Nachricht.', test: 'Nachrichten kommen hier an.', out: 'Melden Sie sich neu an, um Nachrichten zu erhalten.' },
};
const EVENT_ID = /^[0-9a-f]{32}$/;

function readNotice(data) {
  try {
    const notice = data?.json() ?? {};
    if (EVENT_ID.test(notice.event)) return { what: 'event', path: `/events?event=${notice.event}`, tag: notice.event };
    if (notice.signed_out === true) return { what: 'out', path: '/', tag: 'out' };
    if (notice.test === true) return { what: 'test', path: '/notifications', tag: 'test' };
  } catch {
    // A browser that is woken has to show something, whatever woke it.
  }
  return { what: 'more', path: '/events', tag: 'more' };
}

function show(data) {
  const { what, path, tag } = readNotice(data);
  const words = navigator.language.startsWith('de') ? WORDS.de : WORDS.en;
  const options = { body: words[what], tag, icon: '/icon-192.png', badge: '/icon-192.png', data: { path } };
  return self.registration.showNotification('Keepsight', options);
}

async function open(path) {
  const pages = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  for (const page of pages) {
    try {
      await page.focus();
      return await page.navigate(path);
    } catch {
      // Not ours to navigate, or gone: the next one, else a new one.
    }
  }
  return self.clients.openWindow(path);
}

self.addEventListener('push', (event) => event.waitUntil(show(event.data)));
self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data?.path ?? '/events'));
});
