import { availableParallelism } from "node:os";
import { ClosingLineReporter } from "@marketmesh/dev-stack/closing-line";
import { TestResultsReporter } from "@marketmesh/dev-stack/test-results";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: [
      "packages/*/{src,test}/**/*.test.ts",
      "services/*/{src,test}/**/*.test.ts",
      "test/**/*.test.ts",
    ],
    globalSetup: ["@marketmesh/testkit/global-setup"],
    reporters: ["default", new ClosingLineReporter(), new TestResultsReporter()],
    // Most tests wait for a server; one worker at a time would leave a two-core machine idle.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // Measured by a whole `npm test`, judged per package and service by dev-stack's coverage step.
    coverage: {
      provider: "v8",
      include: ["packages/*/src/**/*.ts", "services/*/src/**/*.ts"],
      exclude: [
        "**/*.test.ts",
        "**/testing/**",
        "packages/contracts/src/{gen,api}/**",
        "packages/testkit/**",
      ],
      reporter: ["json-summary"],
      reportsDirectory: ".marketmesh/coverage",
      reportOnFailure: true,
    },
    // They end what hangs; how long things take is for benchmarks, and a machine may be busy.
    testTimeout: 120_000,
    hookTimeout: 180_000,
  },
});
