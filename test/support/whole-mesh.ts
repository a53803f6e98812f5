import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bindAllocation } from "@marketmesh/allocation";
import { bindCatalog } from "@marketmesh/catalog";
import { type ConnectedMesh, connectMesh } from "@marketmesh/cli/connect";
import { bindEligibility } from "@marketmesh/eligibility";
import { bindFulfillment } from "@marketmesh/fulfillment";
import { bindIdentity } from "@marketmesh/identity";
import { bindScoring } from "@marketmesh/scoring";
import type { Env } from "@marketmesh/service-host";
import { type RunningServices, startServices } from "@marketmesh/testkit";

/** Every service in this process, on databases and streams of its own, with real tokens by identity. */
export interface WholeMesh extends AsyncDisposable {
  /** As the operator. */
  readonly clients: ConnectedMesh;
  readonly endpoints: Readonly<Record<string, string>>;
  readonly operatorKey: string;
  /** By name, for what a test must see from inside: addresses, databases. */
  readonly services: RunningServices["services"];
  /** Closes a service, unless that was done, and starts it again at its address, on its database and streams. */
  restart(name: string): Promise<void>;
}

const binds = {
  identity: bindIdentity,
  catalog: bindCatalog,
  eligibility: bindEligibility,
  scoring: bindScoring,
  allocation: bindAllocation,
  fulfillment: bindFulfillment,
};

/** A machine that is busy otherwise may not answer within a call's deadline: what may be repeated is, as a job's calls are. */
export const patienceMs = 240_000;

/**
 * @param env of every service, or of each by its name
 * @param client how the operator's clients connect; they wait for what passes by itself unless this says otherwise
 * @param envOf changes what a service would get: another way to its database
 */
export async function startWholeMesh(
  env: Env | ((service: string) => Env) = {},
  client: Parameters<typeof connectMesh>[2] = {},
  envOf?: (given: Env) => Env,
): Promise<WholeMesh> {
  const folder = mkdtempSync(join(tmpdir(), "marketmesh-journey-"));
  const keys = Object.fromEntries(["operator", ...Object.keys(binds)].map((name) => [name, apiKey()]));
  const bootstrap = join(folder, "bootstrap.json");
  writeFileSync(bootstrap, JSON.stringify(principalsOf(keys)), { mode: 0o600 });
  const masterKey = randomBytes(32).toString("hex");
  const services = await startServices(
    Object.entries(binds).map(([name, bind]) => ({
      name,
      bind,
      env: {
        SERVICE_KEY: keys[name],
        LOG_LEVEL: "warn",
        ...(typeof env === "function" ? env(name) : env),
        ...(name === "identity" && { IDENTITY_BOOTSTRAP_FILE: bootstrap, IDENTITY_MASTER_KEY: masterKey }),
      },
      ...(envOf && { envOf }),
    })),
  );
  const operatorKey = keys.operator!;
  const clients = connectMesh(services.endpoints, operatorKey, { patienceMs, ...client });
  return {
    clients,
    endpoints: services.endpoints,
    operatorKey,
    services: services.services,
    restart: services.restart,
    async [Symbol.asyncDispose]() {
      clients[Symbol.dispose]();
      await services.close();
      rmSync(folder, { recursive: true });
    },
  };
}

function apiKey(): string {
  return `mmk_${randomBytes(32).toString("base64url")}`;
}

function principalsOf(keys: Readonly<Record<string, string>>) {
  return Object.entries(keys).map(([name, key]) => ({
    principal: `serviceAccounts/${name}`,
    keySha256: createHash("sha256").update(key).digest("hex"),
    roles: [name === "operator" ? "operator" : "service"],
  }));
}
