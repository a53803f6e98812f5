import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";

/** A kustomization that makes a Secret of each folder whose name begins with the release's, a key of each of its files. */
export function kustomization(folder: string, release: string): string {
  const secrets = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name.startsWith(`${release}-`))
    // The operator's key opens everything; it stays with the operator.
    .filter(({ name }) => name !== `${release}-operator`)
    .map(({ name }) => name)
    .sort();
  return stringify({
    apiVersion: "kustomize.config.k8s.io/v1beta1",
    kind: "Kustomization",
    // The chart names them as they are.
    generatorOptions: { disableNameSuffixHash: true, labels: { "app.kubernetes.io/part-of": "marketmesh" } },
    secretGenerator: secrets.map((name) => ({
      name,
      ...(existsSync(join(folder, name, "username")) && { type: "kubernetes.io/basic-auth" }),
      files: readdirSync(join(folder, name))
        .sort()
        .map((file) => `${name}/${file}`),
    })),
  });
}
