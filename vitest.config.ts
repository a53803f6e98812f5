import { ClosingLineReporter } from "@marketmesh/dev-stack/closing-line";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: [
      "packages/*/{src,test}/**/*.test.ts",
      "services/*/{src,test}/**/*.test.ts",
      "test/**/*.test.ts",
    ],
    globalSetup: ["@marketmesh/testkit/global-setup"],
    reporters: ["default", new ClosingLineReporter()],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
