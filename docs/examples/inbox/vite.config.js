import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [react()],
  // Where the pages are on their server.
  base: process.env.INBOX_BASE ?? '/',
  // With PARLEY_PUBLIC_URL=http://localhost:5173 people sign in here as where Parley serves the page.
  server: { proxy: Object.fromEntries(['/graphql', '/auth', '/files'].map((path) => [path, { target: process.env.PARLEY ?? 'http://127.0.0.1:8080', ws: true }])) },
  build: { outDir: process.env.INBOX_OUT ?? 'dist', emptyOutDir: true },
});
