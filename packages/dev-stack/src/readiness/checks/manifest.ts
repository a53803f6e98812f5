import type { ManifestCheck } from "../check.ts";
import type { Evidence, Manifest } from "../evidence.ts";
import { expectAt } from "../expect.ts";
import { type Finding, missing, ok } from "../finding.ts";

const componentLabel = "app.kubernetes.io/component";

export async function manifestFinding(
  { manifest, at, ...expected }: ManifestCheck,
  service: string,
  evidence: Evidence,
): Promise<Finding> {
  const all = await evidence.manifests();
  if (all instanceof Error) return missing(all.message);
  const [kind = "", name] = manifest.split("/");
  const found = all.filter((object) => object.kind === kind && isMeant(object, name, service));
  if (found.length === 0) return missing(`the chart renders no ${manifest} for ${service}`);
  for (const object of found) {
    const where = `${object.kind} ${object.metadata.name}`;
    const finding = at === undefined ? ok(where) : expectAt(object, at, expected, where);
    if (!finding.ok || object === found.at(-1)) return finding;
  }
  return missing(`the chart renders no ${manifest}`);
}

/** By its name, with or without the release's in front; or, without a name, by the component that it belongs to. */
function isMeant({ metadata }: Manifest, name: string | undefined, service: string): boolean {
  if (name === undefined) return metadata.labels?.[componentLabel] === service;
  return metadata.name === name || metadata.name.endsWith(`-${name}`);
}
