import type { KubeObject } from "./helm.ts";

/** Packages that describe an API group; a prefix of the apiVersion chooses. Kubernetes' own come last. */
const packages: readonly (readonly [group: string, package_: string])[] = [
  ["gateway.networking.k8s.io/", "@kubernetes-models/gateway-api/"],
  ["cert-manager.io/", "@kubernetes-models/cert-manager/"],
  ["monitoring.coreos.com/", "@kubernetes-models/prometheus-operator/"],
  ["postgresql.cnpg.io/", "@kubernetes-models/cloudnative-pg/"],
  ["external-secrets.io/", "@kubernetes-models/external-secrets/"],
  ["security.istio.io/", "@kubernetes-models/istio/"],
  ["", "kubernetes-models/"],
];

/** Kinds that no package describes; `own-types.ts` does, as far as the chart goes. */
const own: readonly string[] = ["policy.linkerd.io/", "barmancloud.cnpg.io/", "kind.x-k8s.io/"];

/** The module that describes an object's kind. */
export function moduleOf({ apiVersion }: KubeObject): string {
  if (own.some((group) => apiVersion.startsWith(group))) return "./own-types.ts";
  const found = packages.find(([group]) => apiVersion.startsWith(group))!;
  return `${found[1]}${apiVersion}`;
}

/** What is wrong with an object by the JSON schema of its kind; undefined when nothing, or when there is no schema. */
export async function schemaProblem(object: KubeObject): Promise<string | undefined> {
  const module = moduleOf(object);
  if (module === "./own-types.ts") return undefined;
  const kinds = (await import(module)) as Record<string, new (data: object) => { validate(): void }>;
  const Kind = kinds[object.kind];
  if (Kind === undefined) return `${module} has no kind ${object.kind}`;
  try {
    new Kind(object).validate();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/**
 * A TypeScript source in which each object is checked against the interface of its kind: the JSON schemas allow fields that do
 * not exist, a literal's type does not. One line per object, so that a message's line tells which.
 */
export function typedSource(objects: readonly KubeObject[]): string {
  const lines = objects.map((object, at) => {
    const type = `import(${JSON.stringify(moduleOf(object))}).I${object.kind}`;
    return `export const object${at} = ${JSON.stringify(object)} satisfies ${type};`;
  });
  return `${lines.join("\n")}\n`;
}
