import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkBoundaries } from "../check-boundaries.ts";
import { generatedDiff } from "../generate.ts";
import { checkoutDir } from "../state-folder.ts";
import type { Say, Step } from "./step.ts";
import { tool } from "./tool.ts";

const bin = (name: string) => join(checkoutDir, "node_modules", ".bin", name);
const proto = join(checkoutDir, "proto");

/** What is judged by reading the sources. */
export function sourceChecks(signal: AbortSignal): readonly Step[] {
  const run = (name: string, args: readonly string[], cwd: string) => (say: Say) =>
    tool(bin(name), args, { cwd, say, signal });
  return [
    { name: "generated code", run: (say) => generatedCodeIsCurrent(say, signal) },
    { name: "buf lint", run: run("buf", ["lint"], proto) },
    { name: "buf breaking", run: (say) => contractsAreCompatible(say, signal) },
    { name: "format and lint", run: run("biome", ["check", "--error-on-warnings"], checkoutDir) },
    { name: "typecheck", run: run("tsc", ["-p", "tsconfig.json"], checkoutDir) },
    { name: "boundaries", run: boundariesHold },
  ];
}

async function generatedCodeIsCurrent(say: Say, signal: AbortSignal): Promise<boolean> {
  const diff = await generatedDiff(join(checkoutDir, "packages", "contracts", "src"), { say, signal });
  if (diff === undefined) return false;
  for (const path of diff)
    say(`packages/contracts/src/${path} is not what proto/ generates: npm run generate\n`);
  return diff.length === 0;
}

// As in buf.yaml, which does not apply to images.
const breakingRules = JSON.stringify({ version: "v2", breaking: { use: ["WIRE_JSON"] } });

/** Compares images: an image of the workspace is one, its two modules would be two. */
async function contractsAreCompatible(say: Say, signal: AbortSignal): Promise<boolean> {
  const image = join(tmpdir(), `marketmesh-contracts-${process.pid}.binpb`);
  const baseline = join(proto, "baseline.binpb");
  const options = { cwd: proto, say, signal };
  const buf = (...args: string[]) => tool(bin("buf"), args, options);
  try {
    return (
      (await buf("build", "--exclude-source-info", "-o", image)) &&
      (await buf("breaking", image, "--against", baseline, "--config", breakingRules))
    );
  } finally {
    rmSync(image, { force: true });
  }
}

function boundariesHold(say: Say): boolean {
  const problems = checkBoundaries(checkoutDir);
  for (const problem of problems) say(`${problem}\n`);
  return problems.length === 0;
}
