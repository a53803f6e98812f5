import type { Invariant } from "../invariants.ts";
import { ofKind, serviceDeployments, type Workload } from "../rendered.ts";

/** The longest that a service may take to end by itself, in seconds; see packages/service-host. */
const drainSeconds = 25;

export const lifecycleInvariants: Readonly<Record<string, Invariant>> = {
  "every container that stays has startup, readiness and liveness probes": (objects) =>
    [...ofKind<Workload>(objects, "Deployment"), ...ofKind<Workload>(objects, "StatefulSet")].flatMap(
      ({ metadata, spec }) =>
        spec.template.spec.containers
          .filter((one) => !(one.startupProbe && one.readinessProbe && one.livenessProbe))
          .map(({ name }) => `${metadata.name} ${name}`),
    ),

  "a service is asked for readiness, and for life before it is ended": (objects) =>
    serviceDeployments(objects).flatMap(({ metadata, spec }) =>
      spec.template.spec.containers.flatMap(({ name, startupProbe, readinessProbe, livenessProbe }) => {
        const asked = [startupProbe, readinessProbe, livenessProbe].map(
          (probe) => probe?.grpc?.service ?? probe?.httpGet?.path.slice(1) ?? "",
        );
        const wanted = [/^live(ness|z)$/, /^read(iness|yz)$/, /^live(ness|z)$/];
        return wanted.every((pattern, at) => pattern.test(asked[at]!))
          ? []
          : [`${metadata.name} ${name}: ${asked}`];
      }),
    ),

  "a probe asks a port that its container has": (objects) =>
    serviceDeployments(objects).flatMap(({ metadata, spec }) =>
      spec.template.spec.containers.flatMap(({ name, ports = [], ...probes }) => {
        const asked = [probes.startupProbe, probes.readinessProbe, probes.livenessProbe].map(
          (probe) => probe?.grpc?.port ?? probe?.httpGet?.port,
        );
        const known = new Set<number | string | undefined>(ports.map(({ containerPort }) => containerPort));
        return asked.every((port) => known.has(port)) ? [] : [`${metadata.name} ${name}`];
      }),
    ),

  "a pod that goes has time to be forgotten and then to drain": (objects) =>
    serviceDeployments(objects).flatMap(({ metadata, spec }) => {
      const { terminationGracePeriodSeconds = 0, containers } = spec.template.spec;
      const pauses = containers.map(({ lifecycle }) => lifecycle?.preStop?.sleep?.seconds ?? 0);
      const ok =
        Math.min(...pauses) > 0 && terminationGracePeriodSeconds > Math.max(...pauses) + drainSeconds;
      return ok ? [] : [metadata.name];
    }),

  "a rollout adds one pod before it takes one, and ends": (objects) =>
    serviceDeployments(objects).flatMap(({ metadata, spec }) => {
      const { maxSurge, maxUnavailable } = spec.strategy?.rollingUpdate ?? {};
      return maxSurge === 1 && maxUnavailable === 0 && spec.progressDeadlineSeconds ? [] : [metadata.name];
    }),

  "a change of configuration rolls the pods": (objects) =>
    serviceDeployments(objects)
      .filter(
        ({ spec }) => !/^[0-9a-f]{64}$/.test(spec.template.metadata.annotations?.["checksum/config"] ?? ""),
      )
      .map(({ metadata }) => metadata.name),
};
