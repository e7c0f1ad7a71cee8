import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [react()],
  resolve: {
    alias: {
      "@sentences": fileURLToPath(new URL("../src/understudy/sentences", import.meta.url)),
      "@": fileURLToPath(new URL("./src", import.meta.url)),
    },
  },
  build: {
    outDir: process.env.UNDERSTUDY_DASHBOARD_OUT ?? "dist",
    emptyOutDir: true,
    // The policy of the page allows no inline anything.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2023",
  },
  // The sentences lie in the package, where the commands read them too.
  server: {
    fs: { allow: [".."] },
    proxy: { "/v1": process.env.UNDERSTUDY_URL ?? "http://127.0.0.1:8321" },
  },
  test: { include: ["tests/**/*.test.ts"] },
});
