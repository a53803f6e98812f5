import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { contractObjectives, dashboardFiles, dashboardJson, ruleFiles, ruleYaml } from "@marketmesh/slo";
import { checkoutDir } from "../state-folder.ts";
import { SERVICES } from "../supervisor/service-table.ts";

/** The folders whose whole content is generated, from the root of the checkout. */
export const generatedFolders = ["deploy/rules", "deploy/dashboards"] as const;

/** What the contracts make of deploy/rules and deploy/dashboards: content by path from the root of the checkout. */
export function observabilityFiles(): ReadonlyMap<string, string> {
  const services = SERVICES.map(({ name }) => ({
    service: name,
    objectives: contractObjectives(name),
  }));
  const rules = [...ruleFiles(services)].map(
    ([name, file]) => [`deploy/rules/${name}`, ruleYaml(file)] as const,
  );
  const dashboards = [...dashboardFiles(SERVICES.map(({ name }) => name))].map(
    ([name, dashboard]) => [`deploy/dashboards/${name}`, dashboardJson(dashboard)] as const,
  );
  return new Map([...rules, ...dashboards]);
}

/** Writes the files anew; what is no longer generated goes. */
export function writeObservabilityFiles(): void {
  const files = observabilityFiles();
  for (const path of committedFiles()) if (!files.has(path)) rmSync(join(checkoutDir, path));
  for (const folder of generatedFolders) mkdirSync(join(checkoutDir, folder), { recursive: true });
  for (const [path, content] of files) writeFileSync(join(checkoutDir, path), content);
}

/** Paths that generating again would add, change or remove. */
export function observabilityDiff(): string[] {
  const fresh = observabilityFiles();
  const paths = new Set([...fresh.keys(), ...committedFiles()]);
  return [...paths].filter((path) => fresh.get(path) !== read(path)).sort();
}

function committedFiles(): string[] {
  return generatedFolders.flatMap((folder) => {
    try {
      return readdirSync(join(checkoutDir, folder)).map((name) => `${folder}/${name}`);
    } catch {
      return [];
    }
  });
}

function read(path: string): string | undefined {
  try {
    return readFileSync(join(checkoutDir, path), "utf8");
  } catch {
    return undefined;
  }
}
