import type { Client } from "@connectrpc/connect";
import { connect, type Marketmesh } from "@marketmesh/client";
import type { FulfillmentService } from "@marketmesh/contracts/fulfillment/v1";
import { type Database, openDatabase } from "@marketmesh/postgres";
import type { Env } from "@marketmesh/service-host";
import { startServices, type TestTokenClaims } from "@marketmesh/testkit";
import { bindFulfillment } from "../src/service.ts";
import { allocationOf, catalogOf, World } from "./neighbours.ts";

export { refusalLine as refusalOf } from "@marketmesh/testkit";

export type FulfillmentClient = Client<typeof FulfillmentService>;

/** The real service with its neighbours' stand-ins. */
export interface App extends AsyncDisposable {
  readonly world: World;
  /** A sandbox market of the test's own, and its staff. */
  market(id: string): Promise<FulfillmentClient>;
  as(claims: TestTokenClaims): Promise<FulfillmentClient>;
  /** The service's database, to look behind. */
  readonly database: Database;
  readonly env: Env;
}

export async function startFulfillment(env: Env = {}): Promise<App> {
  const world = new World();
  const running = await startServices([
    { name: "allocation", bind: allocationOf(world) },
    { name: "catalog", bind: catalogOf(world) },
    {
      name: "fulfillment",
      bind: bindFulfillment,
      env: { LOG_LEVEL: process.env.TEST_LOG ?? "error", RATE_LIMIT_CALLS_PER_SECOND: "100000", ...env },
    },
  ]);
  const open: Marketmesh[] = [];
  const as = async (claims: TestTokenClaims) => {
    const mesh = connect({ endpoints: running.endpoints, token: await running.testToken(claims) });
    open.push(mesh);
    return mesh.fulfillment;
  };
  const settings = running.services.get("fulfillment")!.host.env;
  const database = await openDatabase({
    url: settings.DATABASE_URL!,
    backgroundUrl: settings.DATABASE_BACKGROUND_URL!,
  });
  return {
    world,
    as,
    market(id) {
      world.sandbox(id);
      return as({ principal: `markets/${id}/serviceAccounts/staff`, market: id });
    },
    database,
    env: settings,
    async [Symbol.asyncDispose]() {
      for (const mesh of open) mesh.close();
      await database.close();
      await running.close();
    },
  };
}

/** Resolves with what is there when the fact is true; throws after 4 min: it ends what hangs, and a machine may be busy. */
export async function until<T>(fact: () => Promise<T | false | undefined>): Promise<T> {
  const endMs = Date.now() + 240_000;
  for (;;) {
    const value = await fact();
    if (value !== false && value !== undefined) return value;
    if (Date.now() > endMs) throw new Error(`never true: ${fact}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
