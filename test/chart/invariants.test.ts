import { describe, expect, it } from "vitest";
import { type KubeObject, renderedSet, valueSets } from "./helm.ts";
import { invariants } from "./invariants.ts";

describe.each(valueSets)("with the values of %s", (set) => {
  it.each(Object.entries(invariants))("%s", (_, check) => {
    expect(check(renderedSet(set))).toStrictEqual([]);
  });
});

/** Any part of an object, to be changed. */
type Broken = { [key: string]: Broken };

/** One way to break each: what is changed in which object of the production set. */
const breaks: Readonly<Record<string, readonly [kind: string, change: (object: Broken) => void]>> = {
  "every pod runs as a user that is not root, under seccomp": [
    "Job",
    (o) => set(podOf(o), "securityContext", {}),
  ],
  "every container has a read-only root, no capability and /tmp in memory of the node": [
    "Deployment",
    (o) => set(containerOf(o).securityContext!, "readOnlyRootFilesystem", false),
  ],
  "no pod is given a token for the cluster's API": [
    "StatefulSet",
    (o) => set(podOf(o), "automountServiceAccountToken", true),
  ],
  "every pod runs under a service account of its release": [
    "Deployment",
    (o) => set(podOf(o), "serviceAccountName", "default"),
  ],
  "no value of an environment or a config map is a secret": [
    "ConfigMap",
    (o) => set(o.data!, "NATS_URL", "nats://mesh:word@nats:4222"),
  ],
  "no object is a secret": ["ConfigMap", (o) => set(o, "kind", "Secret")],
  "every container that stays has startup, readiness and liveness probes": [
    "Deployment",
    (o) => set(containerOf(o), "startupProbe", undefined),
  ],
  "a service is asked for readiness, and for life before it is ended": [
    "Deployment",
    (o) => set(containerOf(o).livenessProbe!.grpc!, "service", "readiness"),
  ],
  "a probe asks a port that its container has": [
    "Deployment",
    (o) => set(containerOf(o).livenessProbe!.grpc!, "port", 8081),
  ],
  "a pod that goes has time to be forgotten and then to drain": [
    "Deployment",
    (o) => set(podOf(o), "terminationGracePeriodSeconds", 30),
  ],
  "a rollout adds one pod before it takes one, and ends": [
    "Deployment",
    (o) => set(o.spec!.strategy!.rollingUpdate!, "maxUnavailable", 1),
  ],
  "a change of configuration rolls the pods": [
    "Deployment",
    (o) => set(o.spec!.template!.metadata!, "annotations", {}),
  ],
  "memory's request is its limit, and processor time has both": [
    "Deployment",
    (o) => set(containerOf(o).resources!.requests!, "memory", "1Mi"),
  ],
  "several pods of one kind have a disruption budget": [
    "PodDisruptionBudget",
    (o) => set(o.spec!.selector!.matchLabels!, "app.kubernetes.io/component", "other"),
  ],
  "pods keep away from each other": ["StatefulSet", (o) => set(podOf(o), "affinity", {})],
  "who scales a deployment is one: it has replicas or an autoscaler": [
    "Deployment",
    (o) => set(o.spec!, "replicas", 3),
  ],
  "an autoscaler scales a deployment that there is, between two bounds": [
    "HorizontalPodAutoscaler",
    (o) => set(o.spec!, "maxReplicas", 2),
  ],
  "all pools of all pods take at most four fifths of the database's connections": [
    "HorizontalPodAutoscaler",
    (o) => set(o.spec!, "maxReplicas", 60),
  ],
  "a workload selects its own pods and no other's": [
    "Deployment",
    (o) => set(o.spec!.selector!.matchLabels!, "app.kubernetes.io/component", "catalog"),
  ],
  "services, budgets and monitors select pods that there are": [
    "PodMonitor",
    (o) => set(o.spec!.selector!.matchLabels!, "app.kubernetes.io/component", "other"),
  ],
  "every port has a name of at most 15 characters, once in its pod": [
    "Deployment",
    (o) => set(containerOf(o).ports![1]!, "name", "rpc"),
  ],
  "a service leads to ports that its pods have, and says what is spoken there": [
    "Service",
    (o) => set(o.spec!.ports![0]!, "targetPort", "http"),
  ],
  "a URL of the mesh leads to the port that its service listens on": [
    "ConfigMap",
    (o) => set(o.data!, "MESH_CATALOG_URL", "http://marketmesh-catalog-headless:8081"),
  ],
  "a secret is read by keys that are documented": [
    "Deployment",
    (o) => set(containerOf(o).env![0]!.valueFrom!.secretKeyRef!, "key", "database-migrator-url"),
  ],
  "every object is of the release": ["Cluster", (o) => set(o.metadata!, "labels", {})],
  "every image names a version, and ours this one": [
    "Deployment",
    (o) => set(containerOf(o), "image", "marketmesh/allocation:latest"),
  ],
};

describe("an invariant that is broken", () => {
  it("is one of those that are known", () => {
    expect(Object.keys(breaks).sort()).toStrictEqual(Object.keys(invariants).sort());
  });

  it.each(Object.entries(breaks))("is noticed: %s", (name, [kind, change]) => {
    const objects = structuredClone(renderedSet("production")) as KubeObject[];
    change(objects.find((object) => object.kind === kind) as unknown as Broken);
    expect(invariants[name]!(objects)).not.toStrictEqual([]);
  });
});

function set(target: Broken, key: string, value: unknown): void {
  (target as Record<string, unknown>)[key] = value;
}

function podOf(object: Broken): Broken {
  return object.spec!.template!.spec!;
}

function containerOf(object: Broken): Broken {
  return podOf(object).containers![0]!;
}
