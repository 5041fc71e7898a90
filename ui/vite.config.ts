import { defineConfig } from 'vite';

/** Where the gateway listens to which `npm run dev:ui` hands the calls of the page. */
const GATEWAY = 'http://127.0.0.1:18789';

/** The gateway takes calls of its own pages only: the page of the development server passes for one. */
const asOwnPage = { target: GATEWAY, headers: { origin: GATEWAY } };

export default defineConfig({
  root: import.meta.dirname,
  // Relative, for the base path is known only where the console is served.
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../dist/ui',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { '/auth': asOwnPage, '/api': asOwnPage } },
});
