/*
 * Keeps the shell of Keepsight (page, scripts, styles, icons) for the moment the door is away.
 * Network first. Pictures, keys and answers of the hub are never kept: /api, /s and /live pass by.
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
