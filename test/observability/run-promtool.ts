import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkoutDir, prometheusBinaries, stateDirOf } from "@marketmesh/dev-stack/servers";
import type { RuleFile, RuleGroup } from "@marketmesh/slo";
import { parse, stringify } from "yaml";
import { promtoolTest, type RuleCase } from "./rule-case.ts";

/** Prometheus and promtool: those of this machine, or fetched into the state folder. */
export function binaries() {
  return prometheusBinaries(join(stateDirOf(checkoutDir, process.env), "bin"));
}

/** What promtool says, and whether it is content. */
export function promtool(...args: string[]): Promise<{ ok: boolean; output: string }> {
  return new Promise((resolve) => {
    execFile(binaries().promtool, args, { timeout: 240_000 }, (error, stdout, stderr) =>
      resolve({ ok: error === null, output: `${stdout}${stderr}` }),
    );
  });
}

/** Runs a case by `promtool test rules` on those groups of the committed rules that it names. */
export async function runCase(one: RuleCase): Promise<{ ok: boolean; output: string }> {
  const folder = mkdtempSync(join(tmpdir(), "marketmesh-promtool-"));
  try {
    const groups = committedGroups().filter(({ name }) => one.groups.test(name));
    writeFileSync(join(folder, "rules.yaml"), stringify({ groups }));
    writeFileSync(join(folder, "test.yaml"), promtoolTest("rules.yaml", one));
    return await promtool("test", "rules", join(folder, "test.yaml"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The rule groups of deploy/rules. */
export function committedGroups(): RuleGroup[] {
  return ruleFilePaths().flatMap((path) => (parse(readFileSync(path, "utf8")) as RuleFile).groups);
}

export function ruleFilePaths(): string[] {
  const folder = join(checkoutDir, "deploy", "rules");
  return readdirSync(folder)
    .sort()
    .map((name) => join(folder, name));
}
