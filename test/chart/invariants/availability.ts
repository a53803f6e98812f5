import type { KubeObject } from "../helm.ts";
import type { Invariant } from "../invariants.ts";
import {
  type Labels,
  mebibytes,
  ofKind,
  selects,
  serviceDeployments,
  type Workload,
  workloads,
} from "../rendered.ts";

interface Scaler extends KubeObject {
  readonly spec: {
    readonly scaleTargetRef: { readonly name: string };
    readonly minReplicas: number;
    readonly maxReplicas: number;
  };
}

interface Budget extends KubeObject {
  readonly spec: { readonly selector: { readonly matchLabels: Labels } };
}

export const availabilityInvariants: Readonly<Record<string, Invariant>> = {
  "memory's request is its limit, and processor time has both": (objects) =>
    workloads(objects).flatMap(({ metadata, spec }) =>
      spec.template.spec.containers.flatMap(({ name, resources }) => {
        const { requests, limits } = resources ?? {};
        const memory = requests?.memory;
        const ok =
          memory !== undefined &&
          mebibytes(memory) > 0 &&
          memory === limits?.memory &&
          requests?.cpu &&
          limits?.cpu;
        return ok ? [] : [`${metadata.name} ${name}`];
      }),
    ),

  "several pods of one kind have a disruption budget": (objects) => {
    const budgets = ofKind<Budget>(objects, "PodDisruptionBudget");
    return [...ofKind<Workload>(objects, "Deployment"), ...ofKind<Workload>(objects, "StatefulSet")]
      .filter((workload) => fewestPods(workload, objects) > 1)
      .filter(
        ({ spec }) =>
          !budgets.some((budget) => selects(budget.spec.selector.matchLabels, spec.template.metadata.labels)),
      )
      .map(({ metadata }) => metadata.name);
  },

  "pods keep away from each other": (objects) =>
    [...ofKind<Workload>(objects, "Deployment"), ...ofKind<Workload>(objects, "StatefulSet")]
      .filter(({ spec }) => {
        const { topologySpreadConstraints = [], affinity } = spec.template.spec;
        return (
          !affinity?.podAntiAffinity ||
          !topologySpreadConstraints.some(({ topologyKey }) => topologyKey.endsWith("/zone"))
        );
      })
      .map(({ metadata }) => metadata.name),

  "who scales a deployment is one: it has replicas or an autoscaler": (objects) => {
    const scaled = new Set(
      ofKind<Scaler>(objects, "HorizontalPodAutoscaler").map(({ spec }) => spec.scaleTargetRef.name),
    );
    return ofKind<Workload>(objects, "Deployment")
      .filter(({ metadata, spec }) => (spec.replicas === undefined) !== scaled.has(metadata.name))
      .map(({ metadata }) => metadata.name);
  },

  "an autoscaler scales a deployment that there is, between two bounds": (objects) => {
    const names = new Set(ofKind(objects, "Deployment").map(({ metadata }) => metadata.name));
    return ofKind<Scaler>(objects, "HorizontalPodAutoscaler")
      .filter(
        ({ spec }) =>
          !names.has(spec.scaleTargetRef.name) ||
          spec.minReplicas < 2 ||
          spec.maxReplicas <= spec.minReplicas,
      )
      .map(({ metadata }) => metadata.name);
  },

  "all pools of all pods take at most four fifths of the database's connections": (objects) => {
    const [cluster] = ofKind<PostgresCluster>(objects, "Cluster");
    if (cluster === undefined) return [];
    const most = Number(cluster.spec.postgresql.parameters.max_connections) * 0.8;
    const used = connectionsMax(objects);
    return used <= most ? [] : [`${used} connections of ${most}`];
  },
};

interface PostgresCluster extends KubeObject {
  readonly spec: { readonly postgresql: { readonly parameters: { readonly max_connections: string } } };
}

interface ConfigMap extends KubeObject {
  readonly data: Readonly<Record<string, string>>;
}

/** Every pool at its most, in as many pods as there may be, one more while a deployment rolls. */
function connectionsMax(objects: readonly KubeObject[]): number {
  const configs = new Map(
    ofKind<ConfigMap>(objects, "ConfigMap").map((map) => [map.metadata.name, map.data ?? {}]),
  );
  return serviceDeployments(objects).reduce((sum, deployment) => {
    const pools = deployment.spec.template.spec.containers.map(({ envFrom = [] }) => {
      const env = configs.get(envFrom[0]?.configMapRef?.name ?? "") ?? {};
      const jobs = deployment.metadata.name.includes("fulfillment")
        ? Number(env.DATABASE_JOBS_POOL_MAX ?? 3)
        : 0;
      return Number(env.DATABASE_POOL_MAX ?? 8) + Number(env.DATABASE_BACKGROUND_POOL_MAX ?? 4) + jobs;
    });
    return sum + (mostPods(deployment, objects) + 1) * pools.reduce((all, one) => all + one, 0);
  }, 0);
}

function scalerOf(workload: Workload, objects: readonly KubeObject[]): Scaler | undefined {
  return ofKind<Scaler>(objects, "HorizontalPodAutoscaler").find(
    ({ spec }) => workload.kind === "Deployment" && spec.scaleTargetRef.name === workload.metadata.name,
  );
}

function fewestPods(workload: Workload, objects: readonly KubeObject[]): number {
  return workload.spec.replicas ?? scalerOf(workload, objects)?.spec.minReplicas ?? 1;
}

function mostPods(workload: Workload, objects: readonly KubeObject[]): number {
  return workload.spec.replicas ?? scalerOf(workload, objects)?.spec.maxReplicas ?? 1;
}
