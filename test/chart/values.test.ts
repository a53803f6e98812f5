import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkoutDir } from "@marketmesh/dev-stack/servers";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { serviceNames } from "./edges.ts";
import { chartDir, helm, type KubeObject, release, render } from "./helm.ts";
import { version } from "./invariants/images.ts";
import { ofKind, serviceDeployments, workloads } from "./rendered.ts";

interface Schema {
  readonly type?: string | readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

const read = (file: string) => readFileSync(join(chartDir, file), "utf8");
const schema = JSON.parse(read("values.schema.json")) as Schema;
const values = parse(read("values.yaml")) as Record<string, unknown>;

const renderedDefaults = render([]);

describe("Chart.yaml", () => {
  it("is of the version of package.json", () => {
    const chart = parse(read("Chart.yaml")) as { version: string; appVersion: string };
    expect(chart).toMatchObject({ version, appVersion: version });
  });
});

describe("values", () => {
  it.each([
    "services.catalgo.replicas=2",
    "services.catalog.replica=2",
    "services.catalog.autoscaling.minReplica=2",
    "defaults.cpu.requests=1",
    "nats.replica=3",
    "gateway.hostname=api.example",
    "unknown.key=1",
  ])("that are misspelt are refused: %s", (setting) => {
    expect(helm("template", release, ".", "--set", setting).errors).toContain("not allowed");
  });

  it.each([
    ["image.tag=latest", "/image/tag"],
    ["services.catalog.tag=latest", "/services/catalog/tag"],
    ["defaults.memory=1000", "/defaults/memory"],
    ["defaults.replicas=0", "/defaults/replicas"],
    ["services.catalog.env.lower_case=1", "lower_case"],
    ["nats.replicas=2", "/nats/replicas"],
    ["meshPolicy=other", "/meshPolicy"],
  ])("that make no sense are refused: %s", (setting, at) => {
    const { ok, errors } = helm("template", release, ".", "--set", setting);
    expect(ok).toBe(false);
    expect(errors).toContain(at);
  });

  it.each([
    [["pods.all.services={catalog}", "pods.more.services={catalog}"], "catalog is in two pods"],
    [["gateway.enabled=true"], "gateway: create one"],
    [
      [
        "gateway.enabled=true",
        "gateway.create=true",
        "gateway.className=c",
        "gateway.httpHostname=a.example",
        "gateway.grpcHostname=a.example",
      ],
      "must differ",
    ],
    [["services.catalog.canary.enabled=true"], "canary.tag"],
    [["telemetry.collector.enabled=true"], "telemetry.collector.exporters"],
    [["postgres.enabled=true", "postgres.backup.enabled=true"], "postgres.backup.destinationPath"],
  ])("that contradict each other are refused: %s", (settings, message) => {
    const { ok, errors } = helm("template", release, ".", ...settings.flatMap((one) => ["--set", one]));
    expect(ok).toBe(false);
    expect(errors).toContain(message);
  });

  it("are all described by the schema, and the schema describes nothing else", () => {
    const described = pathsOf(schema);
    expect(pathsOfValues(values).filter((path) => !described.has(path))).toStrictEqual([]);
    const open = [...described]
      .filter(([, { description = "" }]) => description === "")
      .map(([path]) => path);
    expect(open).toStrictEqual([]);
    expect(openObjects(schema, "values")).toStrictEqual([]);
  });

  it("know the services that there are", () => {
    expect(Object.keys(schema.properties!.services!.properties!).sort()).toStrictEqual(
      [...serviceNames].sort(),
    );
    expect(Object.keys(values.services as object).sort()).toStrictEqual([...serviceNames].sort());
    expect([...(podServices(schema) as string[])].sort()).toStrictEqual([...serviceNames].sort());
  });

  it("of a service win over the defaults, key by key", () => {
    const objects = render([
      "--set",
      "defaults.env.LOG_LEVEL=debug,defaults.env.DATABASE_POOL_MAX=3,services.catalog.cpu.limit=2",
    ]);
    expect(configOf(objects, "catalog")).toMatchObject({ LOG_LEVEL: "debug", DATABASE_POOL_MAX: "12" });
    expect(configOf(objects, "identity")).toMatchObject({ LOG_LEVEL: "debug", DATABASE_POOL_MAX: "3" });
    const catalog = serviceDeployments(objects).find(({ metadata }) => metadata.name.endsWith("-catalog"))!;
    expect(catalog.spec.template.spec.containers[0]!.resources).toMatchObject({
      requests: { cpu: "250m" },
      limits: { cpu: "2" },
    });
  });

  it.each(serviceNames)(
    "set every documented key of %s as it is written, and roll its pods alone",
    (service) => {
      const keys = documentedKeys(service).filter((key) => !fromSecrets.has(key));
      expect(keys.length).toBeGreaterThan(20);
      const settings = keys.map((key) => `services.${service}.env.${key}=9007199254740991`);
      const after = render(["--set", settings.join(",")]);
      const config = configOf(after, service);
      for (const key of keys) expect(config[key], key).toBe("9007199254740991");
      expect(checksumOf(after, service)).not.toBe(checksumOf(renderedDefaults, service));
      expect(checksumOf(after, others(service))).toBe(checksumOf(renderedDefaults, others(service)));
    },
  );

  it("keep numbers as they were written", () => {
    const env = '{"A": 0.05, "B": 1073741824, "C": true, "D": "007", "E": 1e3}';
    const objects = render(["--set-json", `services.catalog.env=${env}`]);
    expect(configOf(objects, "catalog")).toMatchObject({
      A: "0.05",
      B: "1073741824",
      C: "true",
      D: "007",
      E: "1000",
    });
  });

  it("mount files of a service in its pods and its migration, under names of its own", () => {
    const objects = render([
      "--set",
      "pods.two.services={catalog,scoring},services.catalog.extraVolumes[0].name=nats" +
        ",services.catalog.extraVolumes[0].secret.secretName=creds,services.catalog.extraVolumeMounts[0].name=nats" +
        ",services.catalog.extraVolumeMounts[0].mountPath=/etc/nats",
    ]);
    const mounts = workloads(objects).flatMap(({ kind, spec }) =>
      spec.template.spec.containers.flatMap(({ volumeMounts = [] }) =>
        volumeMounts
          .filter(({ mountPath }) => mountPath === "/etc/nats")
          .map((mount) => ({ kind, ...mount })),
      ),
    );
    const mount = { mountPath: "/etc/nats", name: "catalog-nats", readOnly: true };
    expect(mounts).toStrictEqual(
      expect.arrayContaining([
        { kind: "Deployment", ...mount },
        { kind: "Job", ...mount },
      ]),
    );
    expect(mounts).toHaveLength(2);
    for (const { spec } of workloads(objects).filter(({ spec }) =>
      JSON.stringify(spec).includes("/etc/nats"),
    ))
      expect(spec.template.spec.volumes).toContainEqual({
        name: "catalog-nats",
        secret: { secretName: "creds" },
      });
  });

  it("of a mesh let every metrics port of a grouped pod be scraped, and name Linkerd's identities", () => {
    const grouped = render(["--set", "meshPolicy=istio,pods.two.services={catalog,scoring}"]);
    expect(ofKind(grouped, "PeerAuthentication")[0]!.spec).toMatchObject({
      portLevelMtls: { "9090": { mode: "PERMISSIVE" }, "9091": { mode: "PERMISSIVE" } },
    });
    const linkerd = render([
      "--set",
      "meshPolicy=linkerd,linkerd.namespace=l5d,linkerd.trustDomain=mesh.example",
    ]);
    for (const { spec } of ofKind(linkerd, "MeshTLSAuthentication"))
      for (const identity of (spec as { identities: string[] }).identities)
        expect(identity).toMatch(/\.serviceaccount\.identity\.l5d\.mesh\.example$/);
  });

  it("say where Postgres' instances run", () => {
    const objects = render([
      "--set",
      "postgres.enabled=true,postgres.nodeSelector.pool=database,postgres.tolerations[0].key=database",
    ]);
    expect(ofKind(objects, "Cluster")[0]!.spec).toMatchObject({
      affinity: { nodeSelector: { pool: "database" }, tolerations: [{ key: "database" }] },
    });
  });

  it("name a canary of a newer version behind the same services, which the schema is brought to", () => {
    const objects = render([
      "--set",
      "services.catalog.canary.enabled=true,services.catalog.canary.tag=9.9.9,services.catalog.replicas=3",
    ]);
    const canary = serviceDeployments(objects).find(({ metadata }) => metadata.labels?.track === "canary")!;
    expect(canary).toMatchObject({ metadata: { name: `${release}-catalog-canary` }, spec: { replicas: 1 } });
    expect(canary.spec.template.spec.containers[0]!.image).toMatch(/catalog:9\.9\.9$/);
    const [service] = ofKind(objects, "Service").filter(
      ({ metadata }) => metadata.name === `${release}-catalog-headless`,
    );
    expect((service!.spec as { selector: object }).selector).not.toHaveProperty("track");
    const jobs = workloads(objects).filter(
      ({ kind, metadata }) => kind === "Job" && metadata.name.includes("-catalog-"),
    );
    expect(jobs[0]!.spec.template.spec.containers[0]!.image).toMatch(/catalog:9\.9\.9$/);
  });
});

/** Keys whose values are secrets, or that this chart sets from them. */
const fromSecrets = new Set([
  "DATABASE_URL",
  "DATABASE_BACKGROUND_URL",
  "DATABASE_MIGRATOR_URL",
  "DATABASE_READ_URL",
  "NATS_URL",
  "SERVICE_KEY",
  "IDENTITY_MASTER_KEY",
]);

function documentedKeys(service: string): string[] {
  return ["packages/service-host", `services/${service}`].flatMap((folder) => {
    const text = readFileSync(join(checkoutDir, folder, "README.md"), "utf8");
    return [...text.matchAll(/^\| `([A-Z][A-Z0-9_]+)` /gm)].map(([, key = ""]) => key);
  });
}

function configOf(objects: readonly KubeObject[], service: string): Record<string, string> {
  const [map] = ofKind(objects, "ConfigMap").filter(
    ({ metadata }) => metadata.name === `${release}-${service}`,
  );
  return map!.data as Record<string, string>;
}

function checksumOf(objects: readonly KubeObject[], service: string): string | undefined {
  const found = serviceDeployments(objects).find(
    ({ metadata }) => metadata.name === `${release}-${service}`,
  )!;
  return found.spec.template.metadata.annotations?.["checksum/config"];
}

function others(service: string): string {
  return serviceNames.find((name) => name !== service)!;
}

function resolve(node: Schema): Schema {
  if (node.$ref === undefined) return node;
  return { ...schema.$defs![node.$ref.split("/").at(-1)!], ...node };
}

function pathsOf(node: Schema, path = "", found = new Map<string, Schema>()): Map<string, Schema> {
  for (const [key, child] of Object.entries(resolve(node).properties ?? {})) {
    const at = path === "" ? key : `${path}.${key}`;
    found.set(at, resolve(child));
    pathsOf(child, at, found);
  }
  return found;
}

function pathsOfValues(node: unknown, path = ""): string[] {
  if (typeof node !== "object" || node === null || Array.isArray(node)) return [path];
  // Below these the keys are the reader's.
  if (
    /(^|\.)(env|parameters|exporters|labels|podLabels|podAnnotations|serviceAccountAnnotations|nodeSelector|pods)$/.test(
      path,
    )
  )
    return [path];
  const children = Object.entries(node);
  return children.length === 0
    ? [path]
    : children.flatMap(([key, child]) => pathsOfValues(child, path === "" ? key : `${path}.${key}`));
}

/** Objects of ours that take any key. What Kubernetes or others define, and maps, say what they take or are theirs. */
function openObjects(node: Schema, path: string): string[] {
  const { type, properties, additionalProperties, $ref } = node;
  const open =
    $ref === undefined && type === "object" && properties !== undefined && additionalProperties !== false;
  return [
    ...(open ? [path] : []),
    ...Object.entries(properties ?? {}).flatMap(([key, child]) => openObjects(child, `${path}.${key}`)),
    ...Object.entries(node.$defs ?? {}).flatMap(([key, child]) => openObjects(child, key)),
  ];
}

function podServices(root: Schema): readonly unknown[] {
  const pod = root.properties!.pods!.additionalProperties as Schema;
  return pod.properties!.services!.items!.enum!;
}
