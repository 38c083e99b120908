import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // A busy machine takes its time; a test that hangs still ends.
    testTimeout: 60_000,
  },
});
