import { Document, isPair, isScalar, stringify, visit } from "yaml";
import { serviceNames } from "./edges.ts";
import type { KubeObject } from "./helm.ts";
import { version } from "./invariants/images.ts";
import { component, ofKind, serviceDeployments, type Workload, workloads } from "./rendered.ts";

/** A set of values whose objects are kept; of the others a summary is. */
const keptInFull = "production";

/**
 * What is kept of a set's objects, to be reviewed and compared: without what every release or every change of a rule would change,
 * which other tests look at.
 */
export function snapshotOf(set: string, objects: readonly KubeObject[]): string {
  const kept = objects.filter(({ metadata }) => !/-(rules|dashboard)-/.test(metadata.name));
  const summary = stringify(summaryOf(kept), { lineWidth: 0 });
  const text = set === keptInFull ? `${summary}${documents(kept.filter(isNotLikeAnother))}` : summary;
  return `# Made from ci/${set}.yaml by \`npm run generate\`; do not edit.\n${withoutVersions(text)}`;
}

/** Services have the same objects. Identity's and allocation's stand for all, but for what tells them apart. */
function isNotLikeAnother(object: KubeObject): boolean {
  const [service = ""] = component(object).split("-database");
  if (object.kind === "NetworkPolicy" || object.kind === "ConfigMap") return true;
  if (object.kind === "Job") return /-(identity|allocation)-/.test(object.metadata.name);
  return !serviceNames.includes(service) || service === "identity" || service === "allocation";
}

function documents(objects: readonly KubeObject[]): string {
  const sorted = [...objects].sort((left, right) => (nameOf(left) < nameOf(right) ? -1 : 1));
  return sorted.map((object) => `---\n${compact(object)}`).join("");
}

/** Every object has them; they tell nothing of it. */
const labelsOfAll = new Set(
  ["name", "version", "part-of", "managed-by"]
    .map((label) => `app.kubernetes.io/${label}`)
    .concat("helm.sh/chart"),
);

/** A collection of scalars is one line: half the lines, and a change shows with what it belongs to. */
function compact(object: KubeObject): string {
  const document = new Document(object, { aliasDuplicateObjects: false });
  visit(document, {
    Pair: (_, { key }) => (isScalar(key) && labelsOfAll.has(String(key.value)) ? visit.REMOVE : undefined),
    Collection(_, node) {
      const leaves = node.items.every((item) => (isPair(item) ? isScalar(item.value) : isScalar(item)));
      if (leaves && JSON.stringify(node).length < 140) node.flow = true;
    },
  });
  return document.toString({ lineWidth: 0 });
}

function nameOf({ kind, metadata }: KubeObject): string {
  return `${kind} ${metadata.name}`;
}

function withoutVersions(text: string): string {
  return text
    .replaceAll(version, "VERSION")
    .replace(/(checksum\/config: )[0-9a-f]{64}/g, "$1CHECKSUM")
    .replace(/(-migrate-)[0-9a-f]{8}/g, "$1IMAGE");
}

/** Objects counted by kind, and what each workload is: enough to see what a change of a template does. */
export function summaryOf(objects: readonly KubeObject[]) {
  const kinds = [...new Set(objects.map(({ kind }) => kind))].sort();
  return {
    objects: Object.fromEntries(
      kinds.map((kind) => [
        kind,
        ofKind(objects, kind)
          .map(({ metadata }) => metadata.name)
          .sort()
          .join(" "),
      ]),
    ),
    workloads: Object.fromEntries(
      workloads(objects)
        .filter(({ kind }) => kind !== "Job")
        .map((workload) => [workload.metadata.name, workloadSummary(workload, objects)]),
    ),
    calls: Object.fromEntries(
      serviceDeployments(objects).map((deployment) => [component(deployment), callsOf(deployment, objects)]),
    ),
  };
}

function workloadSummary(workload: Workload, objects: readonly KubeObject[]) {
  const { replicas, template } = workload.spec;
  const scaler = ofKind<Scaler>(objects, "HorizontalPodAutoscaler").find(
    ({ metadata }) => metadata.name === workload.metadata.name,
  );
  return {
    replicas: replicas ?? `${scaler?.spec.minReplicas} to ${scaler?.spec.maxReplicas}`,
    containers: template.spec.containers.map(({ name, resources }) => {
      const { requests = {}, limits = {} } = resources ?? {};
      return `${name}: cpu ${requests.cpu} to ${limits.cpu}, memory ${limits.memory}`;
    }),
    annotations: Object.keys(template.metadata.annotations ?? {})
      .sort()
      .join(" "),
  };
}

interface Scaler extends KubeObject {
  readonly spec: { readonly minReplicas: number; readonly maxReplicas: number };
}

interface ConfigMap extends KubeObject {
  readonly data: Readonly<Record<string, string>>;
}

/** Whom a deployment's services call, and where. */
function callsOf({ spec }: Workload, objects: readonly KubeObject[]): string[] {
  const maps = spec.template.spec.containers.flatMap(({ envFrom = [] }) =>
    envFrom.map(({ configMapRef }) => configMapRef?.name),
  );
  return ofKind<ConfigMap>(objects, "ConfigMap")
    .filter(({ metadata }) => maps.includes(metadata.name))
    .flatMap(({ data, metadata }) =>
      Object.entries(data)
        .filter(([key]) => key.startsWith("MESH_"))
        .map(([, url]) => `${metadata.name} → ${url}`),
    )
    .sort();
}
