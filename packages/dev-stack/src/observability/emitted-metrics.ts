import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isMetricDefinition } from "@marketmesh/telemetry";
import { checkoutDir } from "../state-folder.ts";

/**
 * Metrics that are defined and that no code asks a registry for, as `packages/rpc serverDuration`: a query on them would never have an
 * answer. A definition is used where its constant is named outside of the `export const`, in any source that is no test.
 */
export async function unusedMetrics(): Promise<string[]> {
  const unused: string[] = [];
  for (const parent of ["packages", "services"]) {
    for (const name of readdirSync(join(checkoutDir, parent)).sort()) {
      const folder = join(checkoutDir, parent, name, "src");
      if (!existsSync(join(folder, "metrics.ts"))) continue;
      const code = sourcesOf(folder).join("\n");
      for (const constant of await constantsOf(join(folder, "metrics.ts"))) {
        const named = code.match(new RegExp(`\\b${constant}\\b`, "g")) ?? [];
        const imported = code.match(new RegExp(`(^|[{,\\s])${constant}[,\\s][^;]*from "`, "g")) ?? [];
        // Its definition, perhaps its import, and at least one use.
        if (named.length < 2 + Math.min(1, imported.length)) unused.push(`${parent}/${name} ${constant}`);
      }
    }
  }
  return unused;
}

async function constantsOf(path: string): Promise<string[]> {
  const module = (await import(path)) as Record<string, unknown>;
  return Object.keys(module).filter((constant) => isMetricDefinition(module[constant]));
}

function sourcesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))
    .map((path) => readFileSync(join(folder, path), "utf8"));
}
