import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [svelte()],
  build: {
    outDir: '../src/keepsight/door/ui',
    emptyOutDir: true,
    target: 'es2022',
    // The content security policy is 'self' only: no data: URL and no inlined script may appear.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // @hpke/core imports Node's crypto where a runtime has no WebCrypto of its own; no browser gets there.
    rolldownOptions: { external: ['crypto'] },
  },
  worker: { format: 'es' },
  test: {
    include: ['tests/**/*.test.ts'],
    environment: 'node',
  },
});
