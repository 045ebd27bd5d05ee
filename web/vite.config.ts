import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

// Every file but the page itself lies in assets/ under a name that carries its hash: a node may tell caches
// to keep those for ever, and the page's policy (script-src 'self') needs no exception.
export default defineConfig({
  plugins: [svelte()],
  worker: { format: 'es' },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    manifest: 'manifest.json',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    reportCompressedSize: false,
  },
  server: { proxy: { '/api': { target: 'http://127.0.0.1:8787', ws: true } } },
  test: { include: ['test/**/*.test.ts'], environment: 'node', restoreMocks: true },
});
