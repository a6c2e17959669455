import { defineConfig } from 'vite'

/** Where `npm run dev` finds a running server: `stet serve` with its default address. */
const server = 'http://127.0.0.1:8080'

export default defineConfig({
  // Asset addresses are absolute, because /d/NAME is served the same index.html as /.
  base: '/',
  build: {
    target: 'es2022',
    // No data: addresses: the page's Content-Security-Policy allows only what the server itself serves.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700
  },
  server: {
    proxy: {
      '/api': server,
      '/healthz': server,
      '/ws': { target: server, ws: true },
      '/hocuspocus': { target: server, ws: true },
      '/thin': { target: server, ws: true }
    }
  }
})
