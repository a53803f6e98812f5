import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "@marketmesh/dev-stack/servers";
import { stringify } from "yaml";
import { binaries, ruleFilePaths } from "./run-promtool.ts";

/** One sample of an instant query's answer. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

/** A rule as Prometheus evaluated it last. */
export interface EvaluatedRule {
  readonly name: string;
  readonly health: "ok" | "err" | "unknown";
  readonly lastError?: string;
}

/** A real Prometheus on 127.0.0.1. */
export interface Prometheus extends AsyncDisposable {
  /** From now on it evaluates deploy/rules. */
  loadRules(): Promise<void>;
  /** Throws what Prometheus says when it refuses the query. */
  query(expr: string): Promise<Sample[]>;
  rules(): Promise<EvaluatedRule[]>;
}

/** @param targets where each service serves /metrics: `127.0.0.1:port` by `job` */
export async function startPrometheus(targets: Readonly<Record<string, string>>): Promise<Prometheus> {
  const folder = mkdtempSync(join(tmpdir(), "marketmesh-prometheus-"));
  const port = await freePort();
  mkdirSync(join(folder, "rules"));
  writeFileSync(join(folder, "prometheus.yaml"), stringify(configOf(targets, join(folder, "rules"))));
  const server = spawn(binaries().prometheus, [
    `--config.file=${join(folder, "prometheus.yaml")}`,
    `--storage.tsdb.path=${join(folder, "data")}`,
    `--web.listen-address=127.0.0.1:${port}`,
    "--web.enable-lifecycle",
    "--log.level=error",
  ]);
  let log = "";
  server.stderr.on("data", (chunk) => {
    log = `${log}${chunk}`.slice(-4_000);
  });
  const ask = async (path: string) => {
    if (server.exitCode !== null) throw new Error(`prometheus has ended: ${log}`);
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`);
    const { status, error, data } = (await answer.json()) as { status: string; error: string; data: unknown };
    if (status !== "success") throw new Error(`${error}: ${path}`);
    return data;
  };
  return {
    async loadRules() {
      copyRules(join(folder, "rules"));
      const answer = await fetch(`http://127.0.0.1:${port}/-/reload`, { method: "POST" });
      if (!answer.ok) throw new Error(`prometheus does not take the rules: ${await answer.text()}`);
    },
    query: async (expr) =>
      ((await ask(`query?query=${encodeURIComponent(expr)}`)) as { result: Sample[] }).result,
    rules: async () => {
      const { groups } = (await ask("rules")) as { groups: { rules: EvaluatedRule[] }[] };
      return groups.flatMap(({ rules }) => rules);
    },
    async [Symbol.asyncDispose]() {
      await ended(server);
      rmSync(folder, { recursive: true });
    },
  };
}

/** The committed rules; those that are evaluated every two minutes are not waited for. */
function copyRules(folder: string): void {
  for (const [at, path] of ruleFilePaths().entries())
    writeFileSync(join(folder, `${at}.yaml`), readFileSync(path, "utf8").replace(/^ +interval: 2m\n/gm, ""));
}

function configOf(targets: Readonly<Record<string, string>>, rules: string) {
  return {
    global: { scrape_interval: "1s", scrape_timeout: "1s", evaluation_interval: "3s" },
    rule_files: [join(rules, "*.yaml")],
    scrape_configs: Object.entries(targets).map(([job, target]) => ({
      job_name: job,
      static_configs: [{ targets: [target] }],
    })),
  };
}

function ended(server: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (server.exitCode !== null) return resolve();
    server.once("exit", () => resolve());
    server.kill("SIGTERM");
  });
}
