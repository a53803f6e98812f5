import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { bundleService } from "@marketmesh/dev-stack/image";
import { type Release, releaseCheckout, servicesOf } from "@marketmesh/dev-stack/release";
import { checkoutDir } from "@marketmesh/dev-stack/servers";
import { atOnce } from "./at-once.ts";
import { type Build, bundledBuild } from "./build.ts";
import { Cluster } from "./cluster.ts";
import { ENDPOINTS_FILE_KEY } from "./headless-names.ts";
import { Load } from "./load/load.ts";
import { install } from "./roll.ts";

const bundledAtOnce = 2;
const storiesPerSecond = 6;

/** A cluster that serves build N-1 under a steady load, and what is needed to bring it to N. */
export interface Upgrade extends AsyncDisposable {
  readonly cluster: Cluster;
  readonly load: Load;
  readonly older: Build;
  readonly newer: Build;
  /** The services of N-1, and those that N has besides. */
  readonly services: readonly string[];
  readonly added: readonly string[];
  /** Runs N's migrations as a step of their own. Answers with the files that were new. */
  migrate(): Promise<string[]>;
}

/**
 * Builds both, installs N-1 and begins the load. Both are bundled by this checkout: the sources and packages of N-1 are its
 * own, and starting one takes a third of what starting its sources takes.
 */
export async function beginUpgrade(from: Release): Promise<Upgrade> {
  const cluster = await Cluster.start();
  let load: Load | undefined;
  const end = async () => {
    load?.[Symbol.dispose]();
    await cluster[Symbol.asyncDispose]();
  };
  try {
    const services = servicesOf(checkoutDir, from).filter((service) => cluster.services.includes(service));
    const older = await built(cluster, `N-1 (${from.version})`, releaseCheckout(checkoutDir, from), services);
    const newer = await built(cluster, "N", checkoutDir, cluster.services);
    await install(cluster, older, services);
    // This process is a client as the services are.
    process.env[ENDPOINTS_FILE_KEY] = cluster.endpointsFile;
    load = new Load({ endpoints: cluster.endpoints, apiKey: cluster.operatorKey, storiesPerSecond });
    await load.begin();
    const migrate = () => migrated(cluster, newer);
    const added = cluster.services.filter((service) => !services.includes(service));
    return { cluster, load, older, newer, services, added, migrate, [Symbol.asyncDispose]: end };
  } catch (error) {
    await end();
    throw error;
  }
}

async function built(
  cluster: Cluster,
  name: string,
  checkout: string,
  services: readonly string[],
): Promise<Build> {
  const folder = join(cluster.folder, "builds", name.replace(/ .*/, ""));
  mkdirSync(folder, { recursive: true });
  await atOnce(bundledAtOnce, services, async (service) => {
    await bundleService(service, join(folder, service), { checkout });
  });
  return bundledBuild(name, folder);
}

async function migrated(cluster: Cluster, build: Build): Promise<string[]> {
  const before = new Set(await applied(cluster));
  await atOnce(bundledAtOnce, cluster.services, (service) => cluster.migrate(service, build));
  return (await applied(cluster)).filter((file) => !before.has(file));
}

async function applied(cluster: Cluster): Promise<string[]> {
  const perService = cluster.services.map((service) =>
    cluster.sql(service, async (sql) => {
      const rows = await sql<
        { namespace: string; file: string }[]
      >`select namespace, file from marketmesh.schema_migrations order by 1, 2`;
      return rows.map(({ namespace, file }) => `${service}: ${namespace}/${file}`);
    }),
  );
  return (await Promise.all(perService)).flat();
}
