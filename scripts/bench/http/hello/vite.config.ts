import { fileURLToPath } from 'node:url';
import { vitePlugin as remix } from '@remix-run/dev';
import { defineConfig } from 'vite';

const repositoryRoot = fileURLToPath(new URL('../../../..', import.meta.url));

export default defineConfig({
  // Remix looks for package.json at Vite's root, which its command line sets to where it was started.
  plugins: [
    { name: 'root-at-repository', enforce: 'pre', config: () => ({ root: repositoryRoot }) },
    remix({ appDirectory: 'scripts/bench/http/hello/app', buildDirectory: '.cyxwiz/bench-hello', future: { v3_lazyRouteDiscovery: true, v3_relativeSplatPath: true, v3_fetcherPersist: true, v3_throwAbortReason: true } }),
  ],
  publicDir: false,
  clearScreen: false,
  logLevel: 'warn',
});
