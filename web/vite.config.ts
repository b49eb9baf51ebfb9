import { vitePlugin as remix } from '@remix-run/dev';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [
    tailwindcss(),
    remix({
      future: {
        v3_fetcherPersist: true,
        v3_lazyRouteDiscovery: true,
        v3_relativeSplatPath: true,
        v3_routeConfig: true,
        v3_throwAbortReason: true,
        // v3_singleFetch stays off: it is what brings the turbo-stream decoder into play, which gets no more fixes.
      },
    }),
  ],
  // Fonts and icons are files of their own: a data: URL would need a wider content security policy.
  build: { assetsInlineLimit: 0 },
  clearScreen: false,
});
