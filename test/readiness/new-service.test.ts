import { spawnSync } from "node:child_process";
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { COUNTS_FILE_KEY } from "@marketmesh/dev-stack/closing-line";
import type { Verdict } from "@marketmesh/dev-stack/readiness";
import { beginRun, checkoutDir, RESULTS_FILE_KEY, stateDirOf } from "@marketmesh/dev-stack/readiness";
import { testDatabaseUrl, testNatsUrl } from "@marketmesh/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const leftOut = new Set(["node_modules", ".git", ".marketmesh"]);
const service = "reviews";
const copy = join(mkdtempSync(join(tmpdir(), "marketmesh-new-service-")), "checkout");
const stateDir = join(copy, ".marketmesh");
afterAll(() => rmSync(join(copy, ".."), { recursive: true, force: true }));

/** Runs in the copy; servers are those of this run. */
function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const { MARKETMESH_STATE_DIR: _, [COUNTS_FILE_KEY]: __, ...inherited } = process.env;
  const servers = { DATABASE_URL: testDatabaseUrl(), NATS_URL: testNatsUrl() };
  const options = { cwd: copy, encoding: "utf8", env: { ...inherited, ...servers, ...env } } as const;
  const { status, stdout, stderr } = spawnSync(command, args, options);
  return { status, stdout, output: `${stdout}${stderr}` };
}

const bin = (name: string) => join(copy, "node_modules", ".bin", name);
const bootstrap = join("packages", "dev-stack", "bootstrap.mjs");

describe("a new service", () => {
  beforeAll(() => {
    cpSync(checkoutDir, copy, {
      recursive: true,
      verbatimSymlinks: true,
      filter: (path) => !leftOut.has(basename(path)),
    });
    mkdirSync(join(stateDir, "bin"), { recursive: true });
    for (const tool of ["nats-server", "helm"]) {
      const fetched = join(stateDirOf(checkoutDir, process.env), "bin", tool);
      if (existsSync(fetched)) copyFileSync(fetched, join(stateDir, "bin", tool));
    }
    const made = run("node", [bootstrap, "new-service", service]);
    expect(made.output).toContain(`${service} keeps a review`);
  });

  it("fits the compiler, the linters and what is generated", () => {
    // The service with what it imports; the rest of the checkout has a check of its own.
    const project = JSON.stringify({ extends: "./tsconfig.json", include: [`services/${service}`] });
    writeFileSync(join(copy, "tsconfig.service.json"), project);
    const { output } = run(bin("tsc"), ["-p", "tsconfig.service.json"]);
    expect(output.split("\n").filter((line) => line.includes(`services/${service}`))).toEqual([]);
    expect(run(bin("biome"), ["check", "--error-on-warnings", `services/${service}`]).status).toBe(0);
    expect(run(bin("buf"), ["lint", "proto"]).output).toBe("");
  });

  it("passes its tests and its readiness", () => {
    const results = beginRun(copy, stateDir);
    const args = [
      "run",
      `services/${service}`,
      "--coverage",
      `--coverage.include=services/${service}/src/**`,
    ];
    const vitest = join("node_modules", "vitest", "vitest.mjs");
    const tested = run(process.execPath, [vitest, ...args], { [RESULTS_FILE_KEY]: results.testsFile });
    expect(tested.output).toMatch(/\n1\d passed, 0 failed, 0 skipped\n$/);
    expect(results.keep().coverage[`services/${service}`]).toBeGreaterThan(80);

    const judged = run("node", [bootstrap, "readiness", service, "--own", "--json"]);
    const verdicts = JSON.parse(judged.stdout) as Verdict[];
    expect(verdicts.filter(({ status }) => status === "missing")).toEqual([]);
    expect(verdicts.length).toBeGreaterThan(70);
    expect(judged.status).toBe(0);
  });

  it("is refused a second time, and under a bad name", () => {
    expect(run("node", [bootstrap, "new-service", service]).output).toContain("SERVICE_NAME_TAKEN");
    expect(run("node", [bootstrap, "new-service", "utils"]).output).toContain("SERVICE_NAME_INVALID");
  });
});
