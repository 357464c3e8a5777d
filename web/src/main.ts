/** Starts the pages: language first, so that nothing flashes in another one. */
import { mount } from 'svelte';
import App from './app/App.svelte';
import { household } from './app/household.svelte';
import type { Ports } from './app/ports';
import './app/theme.svelte';
import { preferredLanguage, setLanguage } from './i18n/translate.svelte';
import './styles/tokens.css';
import './styles/base.css';

/** The real hub, or the mock in builds that are made for it: `vite --mode mock`, or `?mock` in development. */
async function choosePorts(): Promise<Ports> {
  const isMock = import.meta.env.MODE === 'mock' || (import.meta.env.DEV && location.search.includes('mock'));
  if (isMock) return (await import('./app/mock')).mockPorts();
  return (await import('./app/wiring')).hubPorts();
}

async function start(): Promise<void> {
  await setLanguage(preferredLanguage());
  const target = document.getElementById('app');
  if (target === null) throw new Error('index.html has no #app');
  mount(App, { target });
  try {
    await household.start(await choosePorts());
  } catch (error) {
    household.giveUp(error);
  }
}

declare global {
  // Not yet in TypeScript's DOM types; absent in some browsers.
  var trustedTypes:
    | { createPolicy(name: string, rules: { createScriptURL(text: string): string }): { createScriptURL(text: string): unknown } }
    | undefined;
}

void start();

/** The worker that keeps the shell. The policy of the page trusts this one script address and no other. */
function keepShell(): void {
  const policy = globalThis.trustedTypes?.createPolicy('keepsight-worker', { createScriptURL: () => '/sw.js' });
  const address = policy?.createScriptURL('') ?? '/sw.js';
  void navigator.serviceWorker.register(address as string).catch(() => undefined);
}

if (import.meta.env.PROD && isSecureContext && 'serviceWorker' in navigator) addEventListener('load', keepShell);
