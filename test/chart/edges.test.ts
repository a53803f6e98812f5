import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import {
  callsInCode,
  indexesInCode,
  servedInCode,
  serviceNames,
  streamsInContracts,
  worksInCode,
} from "./edges.ts";
import { chartDir, type KubeObject, render, renderedSet, valuesOf } from "./helm.ts";
import { component, type Labels, ofKind, selects, serviceDeployments } from "./rendered.ts";

interface Facts {
  readonly calls: readonly string[];
  readonly works?: boolean;
  readonly indexes?: boolean;
  readonly serves: readonly string[];
  readonly streams?: readonly string[];
}

interface Peer {
  readonly podSelector?: {
    readonly matchLabels?: Labels;
    readonly matchExpressions?: readonly { readonly key: string; readonly values: readonly string[] }[];
  };
  readonly namespaceSelector?: object;
  readonly ipBlock?: object;
}

interface Rule {
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
  readonly ports?: readonly { readonly port: number }[];
}

interface NetworkPolicy extends KubeObject {
  readonly spec: {
    readonly podSelector: { readonly matchLabels: Labels };
    readonly policyTypes: readonly string[];
    readonly ingress?: readonly Rule[];
    readonly egress?: readonly Rule[];
  };
}

interface HttpRoute extends KubeObject {
  readonly spec: {
    readonly rules: readonly {
      readonly matches: readonly { readonly path: { readonly type: string; readonly value: string } }[];
      readonly timeouts: { readonly request: string };
    }[];
  };
}

const facts = parse(readFileSync(join(chartDir, "files", "services.yaml"), "utf8")) as Record<string, Facts>;

describe("files/services.yaml", () => {
  it("knows the services that there are", () => {
    expect(Object.keys(facts).sort()).toStrictEqual([...serviceNames].sort());
  });

  it.each(serviceNames)("tells of %s what its code does", (service) => {
    const { calls, works = false, indexes = false, serves, streams = [] } = facts[service]!;
    const called = service === "identity" ? calls : [...new Set(["identity", ...calls])];
    expect([...called].sort()).toStrictEqual(callsInCode(service));
    expect(works).toBe(worksInCode(service));
    expect(indexes).toBe(indexesInCode(service));
    expect([...serves].sort()).toStrictEqual(servedInCode(service));
    expect([...streams].sort()).toStrictEqual(streamsInContracts(serves));
  });
});

describe("routes", () => {
  const routes = ofKind<HttpRoute>(renderedSet("production"), "HTTPRoute");

  it.each(serviceNames)("let streams of %s last, and end its other calls", (service) => {
    const { rules } = routes.find((route) => component(route) === service)!.spec;
    const pathsWithin = (request: string) =>
      rules
        .filter(({ timeouts }) => timeouts.request === request)
        .flatMap(({ matches }) => matches.map(({ path }) => `${path.type} ${path.value}`));
    const { serves, streams = [] } = facts[service]!;
    expect(pathsWithin("0s")).toStrictEqual(streams.map((method) => `Exact /${method}`));
    expect(pathsWithin("130s")).toEqual(expect.arrayContaining(serves.map((name) => `PathPrefix /${name}`)));
  });
});

describe("network policies", () => {
  const objects = renderedSet("production");
  const policies = ofKind<NetworkPolicy>(objects, "NetworkPolicy");

  it("deny what is not allowed, for every pod of the release", () => {
    const deny = policies.find((policy) => component(policy) === "default-deny")!;
    expect(deny.spec.policyTypes).toStrictEqual(["Ingress", "Egress"]);
    expect([deny.spec.ingress, deny.spec.egress]).toStrictEqual([undefined, undefined]);
    for (const { spec } of serviceDeployments(objects)) {
      expect(selects(deny.spec.podSelector.matchLabels, spec.template.metadata.labels)).toBe(true);
    }
  });

  it.each(serviceNames)("let %s call what its code calls, and nobody else of the mesh", (service) => {
    const called = policyOf(service).spec.egress!.filter(({ ports = [] }) =>
      ports.some(({ port }) => port === 8080),
    );
    expect(called.flatMap(({ to = [] }) => componentsOf(to)).sort()).toStrictEqual(callsInCode(service));
  });

  it.each(serviceNames)("let %s be called by those whose code does", (service) => {
    const callers = serviceNames.filter((other) => callsInCode(other).includes(service)).sort();
    const rules = policyOf(service).spec.ingress!.filter(({ ports = [] }) =>
      ports.some(({ port }) => port === 8080),
    );
    expect(rules.flatMap(({ from = [] }) => componentsOf(from)).sort()).toStrictEqual(callers);
  });

  it("let pods reach names, their database, the broker and the collector besides, and only identity the outside", () => {
    for (const service of serviceNames) {
      const ports = policyOf(service).spec.egress!.flatMap((rule) => rule.ports!.map(({ port }) => port));
      const others = [...new Set(ports.filter((port) => port !== 8080))].sort((a, b) => a - b);
      expect(others, service).toStrictEqual(
        service === "identity" ? [53, 443, 4222, 4318, 5432] : [53, 4222, 4318, 5432],
      );
    }
  });

  it("name a peer or a port in every rule", () => {
    for (const { spec, metadata } of policies) {
      for (const { from, to, ports = [] } of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) {
        expect([...(from ?? to ?? []), ...ports].length, metadata.name).toBeGreaterThan(0);
      }
    }
  });

  it("of migrations allow names and the database, and are there before them", () => {
    const hooks = renderedSet("tls");
    const migrate = ofKind<NetworkPolicy>(hooks, "NetworkPolicy").find(
      (policy) => component(policy) === "migrate",
    )!;
    expect(
      migrate.spec.egress!.flatMap(({ ports = [] }) => ports.map(({ port }) => port)).sort(),
    ).toStrictEqual([53, 53, 5432]);
    const weight = (object: KubeObject) => Number(object.metadata.annotations?.["helm.sh/hook-weight"]);
    for (const job of ofKind(hooks, "Job")) expect(weight(job)).toBeGreaterThan(weight(migrate));
  });

  it("open between pods of several services the ports of those that are called", () => {
    const grouped = render([...valuesOf("one-pod")]);
    const decide = ofKind<NetworkPolicy>(grouped, "NetworkPolicy").find(
      (policy) => component(policy) === "decide",
    )!;
    // Fulfillment is in the other pod and calls all three of this one; allocation's calls stay inside.
    const rules = decide.spec.ingress!.filter(({ from = [] }) => componentsOf(from).includes("carry"));
    expect(rules.flatMap(({ ports = [] }) => ports.map(({ port }) => port)).sort()).toStrictEqual([
      8080, 8081, 8082,
    ]);
  });

  function policyOf(service: string): NetworkPolicy {
    return policies.find((policy) => component(policy) === service)!;
  }

  function componentsOf(peers: readonly Peer[]): string[] {
    return peers.flatMap(
      ({ podSelector }) => podSelector?.matchExpressions?.flatMap(({ values }) => values) ?? [],
    );
  }
});
