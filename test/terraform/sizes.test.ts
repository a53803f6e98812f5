import { readFileSync } from "node:fs";
import { join } from "node:path";
import { connectionsMax, SERVICES } from "@marketmesh/dev-stack/service-table";
import { expect, test } from "vitest";
import { type Body, readFolders, terraformRoot } from "./hcl.ts";

type Sizes = Readonly<
  Record<
    string,
    { readonly service_replicas_max: number; readonly database: { readonly machine_type: string } }
  >
>;

const folders = await readFolders();

function sizesOf(cloud: string): Sizes {
  return folders.get(`environments/${cloud}/platform`)!.locals.get("sizes") as Sizes;
}

test("databases have room for the pools that the service table states", () => {
  const databases = [...folders.values()].filter(({ path }) => path.startsWith("modules/database/"));
  expect(databases.length).toBe(3);
  for (const { path, variables, locals } of databases) {
    expect(variables.get("pool_connections_per_replica")?.default, path).toBe(connectionsMax(SERVICES));
    // All pools of the most replicas, one more while they are rolled, are at most 80 % of what the server allows.
    expect(locals.get("max_connections"), path).toBe(
      // biome-ignore lint/suspicious/noTemplateCurlyInString: Terraform's, not ours.
      "${ceil(var.pool_connections_per_replica * (var.service_replicas_max + 1) / 0.8)}",
    );
  }
});

test("the services that get images, secrets and health checks are those of the service table", () => {
  for (const path of ["aws", "gcp", "release"].map((name) => `modules/marketmesh/${name}`))
    expect(folders.get(path)!.variables.get("services")?.default, path).toEqual(
      SERVICES.map(({ name }) => name),
    );
});

test("both clouds have the same sizes, and the README counts what they are made of", () => {
  const readme = readFileSync(join(terraformRoot, "README.md"), "utf8");
  expect(Object.keys(sizesOf("aws"))).toEqual(Object.keys(sizesOf("gcp")));
  for (const cloud of ["aws", "gcp"])
    for (const [size, { service_replicas_max: replicas, database, ...rest }] of Object.entries(
      sizesOf(cloud),
    )) {
      const pools = rest as unknown as Readonly<Record<"system" | "apps", Body>>;
      const line = readme
        .split("\n")
        .find((text) => text.startsWith(`| ${size} `) && text.includes(database.machine_type));
      expect(line, `${cloud} ${size}`).toBeDefined();
      for (const pool of [pools.system, pools.apps])
        expect(line).toContain(
          `${pool.min_nodes} x ${pool.machine_type ?? (pool.machine_types as string[])[0]}`,
        );
      expect(replicas, `${cloud} ${size}`).toBe(sizesOf("aws")[size]!.service_replicas_max);
    }
});

test("Postgres in the cluster fits a node of the mesh, beside what the node needs itself", () => {
  for (const cloud of ["aws", "gcp"]) {
    const workloads = folders.get(`environments/${cloud}/workloads`)!.locals.get("sizes") as Readonly<
      Record<string, { readonly postgres_memory_gib: number }>
    >;
    expect(Object.keys(workloads)).toEqual(Object.keys(sizesOf(cloud)));
    for (const [size, { postgres_memory_gib: wanted }] of Object.entries(workloads)) {
      const { apps } = sizesOf(cloud)[size] as unknown as Readonly<Record<"apps", Body>>;
      const machine = String(apps.machine_type ?? (apps.machine_types as string[])[0]);
      expect(wanted, `${cloud} ${size}: ${machine}`).toBeLessThanOrEqual(allocatableGib(machine));
    }
  }
});

/** Memory that pods of ours can ask for, GiB: a machine's, without what GKE keeps back (EKS keeps less) and 1 GiB of every node's daemons. */
function allocatableGib(machine: string): number {
  const cpus = { xlarge: 4, "2xlarge": 8, "standard-4": 4, "standard-8": 8 }[machine.replace(/^\w+[.-]/, "")];
  if (!cpus) throw new Error(`how much memory has ${machine}?`);
  const memory = cpus * 4;
  const kept = 0.25 * 4 + 0.2 * 4 + 0.1 * Math.min(memory - 8, 8) + 0.06 * Math.max(memory - 16, 0) + 0.1;
  return memory - kept - 1;
}

test("the release gives the chart no value that it does not know", () => {
  const chart = JSON.parse(
    readFileSync(join(terraformRoot, "../deploy/charts/marketmesh/values.schema.json"), "utf8"),
  ) as {
    properties: Readonly<Record<string, unknown>>;
  };
  const { locals } = folders.get("modules/marketmesh/release")!;
  const given = ["values", "postgres", "secrets", "gateway"].flatMap((name) =>
    [
      ...JSON.stringify(locals.get(name)).matchAll(
        /\b(image|defaults|nats|networkPolicy|telemetry|monitoring|postgres|externalSecrets|gateway)\b/g,
      ),
    ].map(([key]) => key),
  );
  expect(new Set(given).size).toBeGreaterThan(6);
  for (const key of given) expect(Object.keys(chart.properties), key).toContain(key);
});
