import { fileURLToPath } from 'node:url';
import { vitePlugin as remix } from '@remix-run/dev';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig, type Plugin } from 'vite';
import { compression } from 'vite-plugin-compression2';

const repositoryRoot = fileURLToPath(new URL('..', import.meta.url));

/**
 * Remix reads package.json from Vite's root and there is only one, at the top of the repository; a second one
 * in this folder would cut it off from the `#core/*` imports. A plugin, because the CLI's own root (the folder
 * it was started in) outranks what the config says.
 */
const rootAtRepository: Plugin = { name: 'root-at-repository', enforce: 'pre', config: () => ({ root: repositoryRoot }) };

export default defineConfig({
  plugins: [
    rootAtRepository,
    tailwindcss(),
    remix({
      appDirectory: 'web/app',
      buildDirectory: 'web/build',
      future: {
        v3_fetcherPersist: true,
        v3_lazyRouteDiscovery: true,
        v3_relativeSplatPath: true,
        v3_routeConfig: true,
        v3_throwAbortReason: true,
        // v3_singleFetch stays off: it is what brings the turbo-stream decoder into play, which gets no more fixes.
      },
    }),
    // Compressed once here, and never while somebody waits. Pages are not: they may hold a secret beside what others wrote.
    compression({ include: /\.(js|css|svg)$/, algorithms: ['brotliCompress', 'gzip'], skipIfLargerOrEqual: true }),
  ],
  publicDir: 'web/public',
  // Fonts and icons are files of their own: a data: URL would need a wider content security policy.
  build: {
    assetsInlineLimit: 0,
    // An icon is some 300 bytes, and its answer's head as much again: small pieces travel with others.
    rollupOptions: { output: { experimentalMinChunkSize: 4_000 } },
  },
  clearScreen: false,
});
