// Builds the page of the browser tests, from web/: `vite build -c tests/harness/vite.config.ts --outDir DIR`.

import { defineConfig } from 'vite';

export default defineConfig({
  publicDir: false,
  logLevel: 'warn',
  build: {
    target: 'es2022',
    minify: false,
    emptyOutDir: true,
    lib: { entry: 'tests/harness/harness.ts', formats: ['es'], fileName: () => 'harness.js' },
    rolldownOptions: { external: ['crypto'] },
  },
});
