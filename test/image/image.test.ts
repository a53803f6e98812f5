import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { connectMesh } from "@marketmesh/cli/connect";
import { bundleService } from "@marketmesh/dev-stack/image";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { End } from "./contained-process.ts";
import { ImageMesh } from "./image-mesh.ts";
import { type ImageRoot, makeImageRoot } from "./image-root.ts";
import { copyCheckout } from "./other-checkout.ts";
import { type Collectors, startCollectors } from "./otlp-collectors.ts";

const slowMs = 600_000;
let root: ImageRoot;
let mesh: ImageMesh;
let collectors: Collectors;

beforeAll(async () => {
  collectors = await startCollectors();
  root = await makeImageRoot();
  mesh = await ImageMesh.create(root);
}, slowMs);
afterAll(async () => {
  await mesh?.[Symbol.asyncDispose]();
  root?.[Symbol.dispose]();
  await collectors?.[Symbol.asyncDispose]();
}, slowMs);

/** Each of three services sends to a collector in another of OTLP's protocols. */
function exportsOf(service: string): Record<string, string> {
  const protocol = { catalog: "grpc", allocation: "http/protobuf", scoring: "http/json" }[service];
  if (protocol === undefined) return {};
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: protocol === "grpc" ? collectors.grpcUrl : collectors.httpUrl,
    OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
    OTEL_METRIC_EXPORT_INTERVAL: "1000",
    OTEL_BSP_SCHEDULE_DELAY: "200",
  };
}

const each = <T>(work: (service: string) => Promise<T>) => Promise.all(mesh.services.map(work));
const appliedBy = ({ lines }: End): string[] =>
  lines.map((line) => JSON.parse(line)).find(({ msg }) => msg === "migrated")?.applied;

describe("a bundle", () => {
  it(
    "is the same, byte for byte, from another folder",
    async () => {
      const first = root.bundles.get("fulfillment")!;
      using other = copyCheckout(first);
      const again = join(other.folder, "out");
      vi.stubEnv("RELEASE_COMMIT", first.release.commit);
      await bundleService("fulfillment", again, { checkout: other.folder });
      vi.unstubAllEnvs();
      const files = readdirSync(first.folder, { recursive: true, encoding: "utf8" }).sort();
      expect(readdirSync(again, { recursive: true, encoding: "utf8" }).sort()).toEqual(files);
      for (const file of files.filter((name) => statSync(join(again, name)).isFile()))
        expect(sha256(join(again, file)), file).toBe(sha256(join(first.folder, file)));
    },
    slowMs,
  );

  it("says which release it is of", () => {
    for (const { folder, release } of root.bundles.values()) {
      expect(JSON.parse(readFileSync(join(folder, "release.json"), "utf8"))).toEqual(release);
      expect(release.version).toMatch(/^\d+\.\d+\.\d+$/);
      expect(release.commit).toMatch(/^([0-9a-f]{40}(-dirty)?|unknown)$/);
    }
  });

  it("holds nothing but code, migrations, packs and what describes it", () => {
    for (const { folder, name } of root.bundles.values()) {
      const kinds = readdirSync(folder).map((file) => file.replace(/^.*\.mjs$/, "*.mjs"));
      const own = name === "cli" ? ["markets", "schemas"] : ["migrations"];
      // Whoever solves graphs brings the search for those with limits.
      const search = ["allocation", "cli"].includes(name) ? ["highs.wasm"] : [];
      const all = ["*.mjs", ...own, ...search, "release.json", "sbom.cdx.json"];
      expect([...new Set(kinds)].sort()).toEqual(all.sort());
    }
  });
});

describe("every service from what its image would hold, on a read-only root", () => {
  it(
    "waits, unready and saying for what, while its database is not migrated",
    async () => {
      const said = await each((service) =>
        mesh.start(service, exportsOf(service)).said("yet to be migrated"),
      );
      for (const line of said) {
        expect(JSON.parse(line).level).toBe("warn");
        expect(line).toContain("postgres/0001_create_row_security.sql");
      }
      expect(await mesh.health("identity")).toBe(1);
    },
    slowMs,
  );

  it(
    "migrates by a process of its own, twice in a row",
    async () => {
      const first = await each((service) => mesh.migrate(service));
      expect(first.map(({ status }) => status)).toEqual(mesh.services.map(() => 0));
      for (const end of first) expect(appliedBy(end)).toContain("events/0001_create_outbox.sql");
      const again = await each((service) => mesh.migrate(service));
      expect(again.map(({ status }) => status)).toEqual(mesh.services.map(() => 0));
      expect(again.map(appliedBy)).toEqual(mesh.services.map(() => []));
    },
    slowMs,
  );

  it(
    "is healthy then, without having been started again, and without the owner's access",
    async () => {
      const healthy = async (service: string) => {
        await mesh.process(service).said('"msg":"listening"');
        while ((await mesh.health(service)) !== 0);
        return service;
      };
      expect(await each(healthy)).toEqual(mesh.services);
    },
    slowMs,
  );

  it(
    "does the main job, started by the command's own image: import, decisions, offers, workflows",
    async () => {
      const { status, lines } = await mesh.command("run", root.inside("/etc/marketmesh/small.yaml"));
      expect(lines.join("\n")).toContain("fill rate");
      expect(status).toBe(0);
      const { lines: allocations } = await mesh.command("export", "allocations", "--market", "image");
      expect(allocations.length).toBeGreaterThan(1);
    },
    slowMs,
  );

  it(
    "applies the packs that the command's image holds",
    async () => {
      const { status, lines } = await mesh.command("apply", "goods", "--market", "shop");
      expect(lines).toEqual(["shop is as the pack goods says"]);
      expect(status).toBe(0);
    },
    slowMs,
  );

  it(
    "sends spans and metrics to a collector by each of the protocols",
    async () => {
      for (const path of ["TraceService", "MetricsService"])
        await collectors.received("application/grpc", path);
      for (const type of ["application/x-protobuf", "application/json"]) {
        for (const path of ["traces", "metrics"]) await collectors.received(type, path);
      }
    },
    slowMs,
  );

  it("refuses a command that it does not know, with those that it does", async () => {
    const { status, lines } = await mesh.unknown("catalog");
    expect(status).toBe(2);
    expect(lines.join()).toContain("serve, migrate, healthcheck");
  });

  it(
    "ends by SIGTERM when the calls in flight have been answered",
    async () => {
      using clients = connectMesh(mesh.endpoints, mesh.operatorKey);
      const owner = postgres(mesh.ownerUrl("catalog"), { max: 1, onnotice: () => {} });
      const catalog = mesh.process("catalog");
      let call: Promise<unknown> | undefined;
      await owner.begin(async (tx) => {
        await tx`lock table kinds in access exclusive mode`;
        call = clients.catalog.listKinds({ parent: "markets/image" });
        await somebodyWaits(mesh.adminUrl("catalog"));
        catalog.terminate();
        await catalog.said('"msg":"draining"');
      });
      await expect(call).resolves.toMatchObject({ kinds: expect.arrayContaining([]) });
      expect((await catalog.ended).status).toBe(0);
      await owner.end();

      for (const service of mesh.services) mesh.process(service).terminate();
      const ends = await each((service) => mesh.process(service).ended);
      expect(ends.map(({ status }) => status)).toEqual(mesh.services.map(() => 0));
    },
    slowMs,
  );

  it("wrote nowhere but to /tmp, and there only what the command keeps of its run", () => {
    expect(readdirSync(root.tmp)).toEqual(["state"]);
    for (const service of mesh.services) {
      const broken = mesh.process(service).lines.filter((line) => /EROFS|EACCES|ENOENT/.test(line));
      expect(broken).toEqual([]);
    }
  });
});

/** Resolves once a session waits for a lock in this database. */
async function somebodyWaits(url: string): Promise<void> {
  const watcher = postgres(url, { max: 1 });
  for (let waiting = 0; waiting === 0; ) {
    const [row] = await watcher`select count(*)::int as n from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`;
    waiting = row!.n;
  }
  await watcher.end();
}

function sha256(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}
