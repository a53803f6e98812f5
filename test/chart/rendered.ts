import type { KubeObject } from "./helm.ts";

/** What tests read of a pod; everything that a template of ours writes has it. */
export interface PodSpec {
  readonly serviceAccountName?: string;
  readonly automountServiceAccountToken?: boolean;
  readonly terminationGracePeriodSeconds?: number;
  readonly securityContext?: {
    readonly runAsNonRoot?: boolean;
    readonly runAsUser?: number;
    readonly seccompProfile?: { readonly type: string };
  };
  readonly topologySpreadConstraints?: readonly { readonly topologyKey: string }[];
  readonly affinity?: { readonly podAntiAffinity?: object };
  readonly containers: readonly Container[];
  readonly volumes?: readonly Volume[];
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly args?: readonly string[];
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
  readonly env?: readonly EnvVar[];
  readonly envFrom?: readonly { readonly configMapRef?: { readonly name: string } }[];
  readonly resources?: {
    readonly requests?: Readonly<Record<string, string>>;
    readonly limits?: Readonly<Record<string, string>>;
  };
  readonly startupProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly lifecycle?: {
    readonly preStop?: { readonly sleep?: { readonly seconds: number }; readonly exec?: object };
  };
  readonly securityContext?: {
    readonly readOnlyRootFilesystem?: boolean;
    readonly allowPrivilegeEscalation?: boolean;
    readonly capabilities?: { readonly drop?: readonly string[] };
  };
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
}

export interface EnvVar {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef?: { readonly name: string; readonly key: string } };
}

export interface Probe {
  readonly grpc?: { readonly port: number; readonly service: string };
  readonly httpGet?: { readonly port: number | string; readonly path: string };
}

export interface Volume {
  readonly name: string;
  readonly emptyDir?: object;
  readonly secret?: { readonly secretName: string; readonly items?: readonly { readonly key: string }[] };
}

export type Labels = Readonly<Record<string, string>>;

export interface PodTemplate {
  readonly metadata: { readonly labels: Labels; readonly annotations?: Labels };
  readonly spec: PodSpec;
}

/** An object that makes pods. */
export interface Workload extends KubeObject {
  readonly spec: {
    readonly replicas?: number;
    readonly selector?: { readonly matchLabels: Labels };
    readonly strategy?: {
      readonly rollingUpdate?: { readonly maxSurge: number; readonly maxUnavailable: number };
    };
    readonly progressDeadlineSeconds?: number;
    readonly template: PodTemplate;
  };
}

export function ofKind<T extends KubeObject = KubeObject>(objects: readonly KubeObject[], kind: string): T[] {
  return objects.filter((object) => object.kind === kind) as T[];
}

/** Everything that makes pods. */
export function workloads(objects: readonly KubeObject[]): Workload[] {
  return ["Deployment", "StatefulSet", "Job"].flatMap((kind) => ofKind<Workload>(objects, kind));
}

/** The deployments whose pods are services: they have a track. */
export function serviceDeployments(objects: readonly KubeObject[]): Workload[] {
  return ofKind<Workload>(objects, "Deployment").filter(
    ({ metadata }) => metadata.labels?.track !== undefined,
  );
}

/** Whether labels have all that a selector asks for. */
export function selects(selector: Labels, labels: Labels): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}

export function component({ metadata }: Pick<KubeObject, "metadata">): string {
  return metadata.labels?.["app.kubernetes.io/component"] ?? "";
}

/** A quantity of memory in MiB. */
export function mebibytes(quantity: string): number {
  const [, number, unit] = /^(\d+)(Mi|Gi)$/.exec(quantity) ?? [];
  if (number === undefined) throw new Error(`no memory: ${quantity}`);
  return Number(number) * (unit === "Gi" ? 1024 : 1);
}
