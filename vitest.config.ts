import { defineConfig } from "vitest/config";

const limits = { pool: "forks", testTimeout: 20_000, hookTimeout: 60_000 } as const;

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        // Needs no database, Redis or queue: `npm run test:unit`.
        test: {
          ...limits,
          name: "unit",
          include: ["test/unit/**/*.test.ts"],
          setupFiles: ["./test/unit/setup.ts", "./test/quiet-log.ts"],
        },
      },
      {
        test: {
          ...limits,
          name: "services",
          include: ["test/**/*.test.ts"],
          exclude: ["test/unit/**"],
          globalSetup: ["./test/global-setup.ts"],
          // Each worker has a database, a Redis prefix and a queue prefix of its own.
          setupFiles: ["./test/setup.ts", "./test/quiet-log.ts"],
        },
      },
    ],
  },
});
