import { availableParallelism } from "node:os";
import { ClosingLineReporter } from "@marketmesh/dev-stack/closing-line";
import { LongestFirst } from "@marketmesh/dev-stack/longest-first";
import { TestResultsReporter } from "@marketmesh/dev-stack/test-results";
import { defineConfig } from "vitest/config";

const common = {
  // Most tests wait for a server now and then: with as many at once as there are cores these would stand idle.
  maxWorkers: availableParallelism() + 1,
  setupFiles: ["@marketmesh/testkit/child-processes"],
  env: { TEST_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? "" },
  // They end what hangs; how long things take is for benchmarks, and a machine may be busy.
  testTimeout: 600_000,
  hookTimeout: 600_000,
  expect: { poll: { timeout: 240_000, interval: 20 } },
};

const units = ["packages/*/src/**/*.test.ts", "services/*/src/**/*.test.ts"];

/** Units that change what belongs to their process: its exit status, its output, who takes its spans. */
const ofOneProcess = [
  "packages/cli/src/commands/secrets.test.ts",
  "packages/cli/src/simulate/simulate.test.ts",
  "packages/postgres/src/statement-span.test.ts",
  "packages/rpc/src/server/trace.test.ts",
  "packages/service-host/src/run.test.ts",
  "packages/telemetry/src/**/*.test.ts",
];

export default defineConfig({
  test: {
    ...common,
    globalSetup: ["@marketmesh/testkit/global-setup"],
    sequence: { sequencer: LongestFirst },
    reporters: ["default", new ClosingLineReporter(), new TestResultsReporter()],
    projects: [
      {
        test: {
          ...common,
          name: "whole",
          include: [
            "packages/*/test/**/*.test.ts",
            "services/*/test/**/*.test.ts",
            "test/**/*.test.ts",
          ].concat(ofOneProcess),
        },
      },
      // They load more than they do: many files share a worker, and each module is loaded once.
      {
        test: {
          ...common,
          name: "units",
          include: units,
          exclude: ofOneProcess,
          setupFiles: common.setupFiles.concat("@marketmesh/testkit/fixed-seed"),
          isolate: false,
        },
      },
    ],
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
  },
});
