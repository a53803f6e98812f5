import type { KubeObject } from "../helm.ts";
import { release } from "../helm.ts";
import type { Invariant } from "../invariants.ts";
import { type Labels, ofKind, selects, serviceDeployments, workloads } from "../rendered.ts";

/** The keys of secrets that ADR 14 names, by the end of a secret's name; none for a key that nobody would put there. */
const secretKeys: Readonly<Record<string, readonly string[]>> = {
  "": ["database-url", "database-background-url", "database-read-url", "nats-url", "service-key"],
  identity: ["master-key", "bootstrap.json"],
  migrate: ["database-url", "database-background-url", "database-migrator-url"],
  nats: ["password"],
  "postgres-ca": ["ca.crt"],
};

interface Selecting extends KubeObject {
  readonly spec: {
    readonly selector: Labels | { readonly matchLabels: Labels };
    readonly ports?: readonly ServicePort[];
  };
}

interface ConfigMap extends KubeObject {
  readonly data: Readonly<Record<string, string>>;
}

interface ServicePort {
  readonly name: string;
  readonly targetPort: string | number;
  readonly appProtocol?: string;
}

export const wiringInvariants: Readonly<Record<string, Invariant>> = {
  "a workload selects its own pods and no other's": (objects) => {
    const all = workloads(objects);
    return all.flatMap(({ metadata, spec }) => {
      const selector = spec.selector?.matchLabels;
      if (selector === undefined) return []; // A job finds its own.
      const selected = all.filter((other) => selects(selector, other.spec.template.metadata.labels));
      return selected.length === 1 && selected[0]!.metadata.name === metadata.name ? [] : [metadata.name];
    });
  },

  "services, budgets and monitors select pods that there are": (objects) => {
    const pods = workloads(objects).map(({ spec }) => spec.template.metadata.labels);
    return ["Service", "PodDisruptionBudget", "PodMonitor"]
      .flatMap((kind) => ofKind<Selecting>(objects, kind))
      .filter(({ spec }) => {
        const selector =
          "matchLabels" in spec.selector ? (spec.selector.matchLabels as Labels) : (spec.selector as Labels);
        return !pods.some((labels) => selects(selector, labels));
      })
      .map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  },

  "every port has a name of at most 15 characters, once in its pod": (objects) =>
    workloads(objects).flatMap(({ metadata, spec }) => {
      const names = spec.template.spec.containers.flatMap(({ ports = [] }) =>
        ports.map(({ name }) => name ?? ""),
      );
      const ok =
        names.every((name) => /^[a-z][a-z0-9-]{0,14}$/.test(name)) && new Set(names).size === names.length;
      return ok ? [] : [`${metadata.name}: ${names}`];
    }),

  "a service leads to ports that its pods have, and says what is spoken there": (objects) =>
    ofKind<Selecting>(objects, "Service").flatMap(({ metadata, spec }) => {
      const ports = workloads(objects)
        .filter((workload) => selects(spec.selector as Labels, workload.spec.template.metadata.labels))
        .flatMap((workload) =>
          workload.spec.template.spec.containers.flatMap((container) => container.ports ?? []),
        )
        .map(({ name }) => name);
      const named = spec.ports?.every(({ targetPort }) => ports.includes(targetPort as string));
      const told = spec.ports?.every(
        ({ appProtocol, name }) => appProtocol !== undefined || name === "cluster",
      );
      return named && told ? [] : [metadata.name];
    }),

  "a URL of the mesh leads to the port that its service listens on": (objects) => {
    const listening = new Map(
      serviceDeployments(objects).flatMap(({ spec }) =>
        spec.template.spec.containers.map(({ name, ports = [] }) => [name, ports[0]?.containerPort] as const),
      ),
    );
    return ofKind<ConfigMap>(objects, "ConfigMap").flatMap(({ metadata, data }) =>
      Object.entries(data).flatMap(([key, value]) => {
        const [, service] = /^MESH_([A-Z]+)_URL$/.exec(key) ?? [];
        if (service === undefined) return [];
        const { hostname, port } = new URL(value);
        const named = hostname === "localhost" || hostname === `${release}-${service.toLowerCase()}-headless`;
        return named && Number(port) === listening.get(service.toLowerCase())
          ? []
          : [`${metadata.name} ${key}`];
      }),
    );
  },

  "a secret is read by keys that are documented": (objects) =>
    workloads(objects).flatMap(({ metadata, kind, spec }) => {
      const { containers, volumes = [] } = spec.template.spec;
      const read = containers.flatMap(({ name, env = [] }) =>
        env.flatMap(({ valueFrom }) => {
          const { key } = valueFrom?.secretKeyRef ?? {};
          return key === undefined ? [] : [{ key, container: name }];
        }),
      );
      const mounted = volumes
        .filter(({ secret }) => secret !== undefined && !secret.secretName.endsWith("-tls"))
        .flatMap(({ name, secret }) =>
          (secret!.items ?? [{ key: "*" }]).map(({ key }) => ({
            key,
            container: name === "bootstrap" ? "identity" : name,
          })),
        );
      return [...read, ...mounted]
        .filter(({ key, container }) => !allowed(kind, container).includes(key))
        .map(({ key, container }) => `${metadata.name} ${container}: ${key}`);
    }),

  "every object is of the release": (objects) =>
    objects
      .filter(({ metadata }) => metadata.labels?.["app.kubernetes.io/instance"] !== release)
      .map(({ kind, metadata }) => `${kind} ${metadata.name}`),
};

function allowed(kind: string, container: string): readonly string[] {
  if (container === "postgres-ca") return secretKeys["postgres-ca"]!;
  if (kind === "Job") return secretKeys.migrate!;
  if (kind === "StatefulSet") return secretKeys[container] ?? [];
  return [...secretKeys[""]!, ...(secretKeys[container] ?? [])];
}
