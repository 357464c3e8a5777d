/** Whether and how this browser can be woken (Push API), and keeping the hub's knowledge of it right. */
import type { NotificationsClient } from '../api/notifications';

/** Why this browser cannot be woken, or that it can. */
export type Waking = 'can' | 'denied' | 'insecure' | 'home-screen' | 'unable';

/** The address that the hub was told last: a browser may change it at any time. */
const TOLD = 'keepsight.push';

interface Surroundings {
  isSecureContext: boolean;
  hasWorker: boolean;
  hasPush: boolean;
  hasNotifications: boolean;
  permission: NotificationPermission;
  userAgent: string;
  isInstalled: boolean;
}

/** Judges what a browser offers. Pure; `wakingHere` asks this one. */
export function judgeWaking(here: Surroundings): Waking {
  if (!here.isSecureContext) return 'insecure';
  // Safari on phones and tablets offers push to pages on the home screen alone.
  const isApplePhone = /iPhone|iPad|iPod/.test(here.userAgent);
  if (!here.hasPush || !here.hasNotifications) return isApplePhone && !here.isInstalled ? 'home-screen' : 'unable';
  if (!here.hasWorker) return 'unable';
  return here.permission === 'denied' ? 'denied' : 'can';
}

export function wakingHere(): Waking {
  const hasNotifications = 'Notification' in globalThis;
  return judgeWaking({
    isSecureContext,
    hasWorker: 'serviceWorker' in navigator,
    hasPush: 'PushManager' in globalThis,
    hasNotifications,
    permission: hasNotifications ? Notification.permission : 'default',
    userAgent: navigator.userAgent,
    isInstalled: matchMedia('(display-mode: standalone)').matches,
  });
}

/** Bytes of unpadded base64url. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

function isSameKey(subscription: PushSubscription, key: Uint8Array): boolean {
  const own = subscription.options.applicationServerKey;
  if (own === null) return false;
  const bytes = new Uint8Array(own);
  return bytes.length === key.length && bytes.every((byte, at) => byte === key[at]);
}

/** A worker that is not there after so long will not come: its page is not trusted, most likely. */
const WORKER_MS = 10_000;

async function worker(): Promise<ServiceWorkerRegistration> {
  const none = new Promise<null>((resolve) => setTimeout(() => resolve(null), WORKER_MS));
  const found = await Promise.race([navigator.serviceWorker.ready, none]);
  if (found === null) throw new WakingError('no-worker');
  return found;
}

async function subscription(serverKey: string): Promise<PushSubscription> {
  const { pushManager } = await worker();
  const key = fromBase64Url(serverKey);
  const old = await pushManager.getSubscription();
  if (old !== null && isSameKey(old, key)) return old;
  await old?.unsubscribe(); // of another household, or of before a restored backup
  return pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
}

/** What the person answered when asked, or that the browser reaches no service of its maker. */
export class WakingError extends Error {
  override readonly name = 'WakingError';
  constructor(readonly problem: 'refused' | 'no-service' | 'no-worker') {
    super(problem);
  }
}

/**
 * Has this browser woken from now on; to be called from a click, because it may ask the person.
 * @throws WakingError
 */
export async function wakeThis(client: NotificationsClient, serverKey: string): Promise<Awaited<ReturnType<NotificationsClient['subscribe']>>> {
  if ((await Notification.requestPermission()) !== 'granted') throw new WakingError('refused');
  const made = await subscription(serverKey).catch((error: unknown) => {
    throw error instanceof WakingError ? error : new WakingError('no-service');
  });
  const answer = await client.subscribe(made.toJSON());
  localStorage.setItem(TOLD, made.endpoint);
  return answer;
}

/** This browser is woken no more. */
export async function letSleep(): Promise<void> {
  localStorage.removeItem(TOLD);
  const registration = await navigator.serviceWorker?.getRegistration();
  await (await registration?.pushManager?.getSubscription())?.unsubscribe();
}

/** Tells the hub where this browser has another address than it was told; at each start. */
export async function keepWoken(client: NotificationsClient): Promise<void> {
  const told = localStorage.getItem(TOLD);
  if (told === null || wakingHere() !== 'can' || Notification.permission !== 'granted') return;
  const registration = await navigator.serviceWorker.getRegistration();
  const now = await registration?.pushManager.getSubscription();
  if (now?.endpoint === told) return;
  const { push } = await client.read();
  if (push.allowed && push.devices.some((device) => device.this)) await wakeThis(client, push.server_key);
}
