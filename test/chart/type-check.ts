import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkoutDir } from "@marketmesh/dev-stack/servers";
import { typedSource } from "./api-types.ts";
import type { KubeObject } from "./helm.ts";

// Beside this file, where the packages that describe the kinds are found.
const here = join(checkoutDir, "test", "chart");

/** What the compiler finds wrong with objects, each complaint with the object it is about. */
export function typeProblems(objects: readonly KubeObject[]): string[] {
  const folder = mkdtempSync(join(here, "checked-"));
  try {
    writeFileSync(
      join(folder, "objects.ts"),
      typedSource(objects).replaceAll('"./own-types.ts"', '"../own-types.ts"'),
    );
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
    const tsc = join(checkoutDir, "node_modules", ".bin", "tsc");
    const { stdout } = spawnSync(tsc, ["-p", folder, "--pretty", "false"], { encoding: "utf8", cwd: folder });
    return stdout.split("\n").flatMap((line) => problemOf(line, objects));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const config = {
  extends: "../../../tsconfig.json",
  compilerOptions: { exactOptionalPropertyTypes: false, types: [] },
  include: ["objects.ts"],
};

/** Of `objects.ts(3,120): error TS2353: …` the object and what is said; of a continued complaint nothing. */
function problemOf(line: string, objects: readonly KubeObject[]): string[] {
  const [, number, message] = /^objects\.ts\((\d+),\d+\): error (.*)$/.exec(line) ?? [];
  if (number === undefined) return /error TS/.test(line) ? [line] : [];
  const { kind, metadata } = objects[Number(number) - 1]!;
  return [`${kind} ${metadata?.name}: ${message}`];
}
