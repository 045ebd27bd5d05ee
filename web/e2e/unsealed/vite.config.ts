// The terminal with its transforms left out: for the one test that must fail on it. No product build reads this.

import { svelte } from '@sveltejs/vite-plugin-svelte';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

const open = fileURLToPath(new URL('guard.ts', import.meta.url));

const unseal: Plugin = {
  name: 'unseal',
  enforce: 'pre',
  resolveId: (source) => (source === './guard' ? open : null),
};

export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  plugins: [unseal, svelte()],
  worker: { format: 'es' },
  build: { emptyOutDir: true, target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
});
