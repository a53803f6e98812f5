import { type Timestamp, timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { Client } from "@connectrpc/connect";
import { connect, type Marketmesh, reasonOf } from "@marketmesh/client";
import type {
  AllocationService,
  DecisionService,
  InventoryService,
  OfferService,
  SolverService,
} from "@marketmesh/contracts/allocation/v1";
import { type Database, openDatabase } from "@marketmesh/postgres";
import type { Env } from "@marketmesh/service-host";
import { startServices, type TestTokenClaims } from "@marketmesh/testkit";
import { bindAllocation } from "../src/service.ts";
import { type AnnounceListings, catalogOf, eligibilityOf, scoringOf } from "./neighbours.ts";
import { type TestListing, World } from "./world.ts";

export { refusalLine as refusalOf } from "@marketmesh/testkit";

export const market = "bazaar";
export const parent = `markets/${market}`;
export type AllocationClient = Client<typeof AllocationService>;
export type DecisionClient = Client<typeof DecisionService>;
export type InventoryClient = Client<typeof InventoryService>;

const quick = {
  ALLOCATION_EXPIRY_POLL_MS: "20",
  LOG_LEVEL: process.env.TEST_LOG ?? "error",
  RATE_LIMIT_CALLS_PER_SECOND: "100000",
};

/** The real service with its neighbours' stand-ins. */
export interface App extends AsyncDisposable {
  readonly world: World;
  /** As a service account of the market, who may do everything in it. */
  readonly staff: AllocationClient;
  /** Likewise, what InventoryService serves. */
  readonly inventory: InventoryClient;
  readonly decisions: DecisionClient;
  as(claims: TestTokenClaims): Promise<AllocationClient>;
  inventoryAs(claims: TestTokenClaims): Promise<InventoryClient>;
  /** What OfferService serves. */
  offersAs(claims: TestTokenClaims): Promise<Client<typeof OfferService>>;
  decisionsAs(claims: TestTokenClaims): Promise<DecisionClient>;
  solverAs(claims: TestTokenClaims): Promise<Client<typeof SolverService>>;
  /** Announces listings and waits until allocation knows them. */
  list(...listings: TestListing[]): Promise<void>;
  readonly announceListings: AnnounceListings;
  /** What the service tells to Prometheus. */
  metrics(): string;
  /** The service's database, to look behind. */
  readonly database: Database;
}

export async function startAllocation(env: Env = {}): Promise<App> {
  const world = new World();
  const catalog = catalogOf(world);
  const running = await startServices([
    { name: "catalog", bind: catalog.bind },
    { name: "eligibility", bind: eligibilityOf(world), database: false },
    { name: "scoring", bind: scoringOf(world), database: false },
    { name: "allocation", bind: bindAllocation, env: { ...quick, ...env } },
  ]);
  const open: Marketmesh[] = [];
  const meshAs = async (claims: TestTokenClaims) => {
    const mesh = connect({ endpoints: running.endpoints, token: await running.testToken(claims) });
    open.push(mesh);
    return mesh;
  };
  const as = async (claims: TestTokenClaims) => (await meshAs(claims)).allocation;
  const decisionsAs = async (claims: TestTokenClaims) => (await meshAs(claims)).decisions;
  const inventoryAs = async (claims: TestTokenClaims) => (await meshAs(claims)).inventory;
  const offersAs = async (claims: TestTokenClaims) => (await meshAs(claims)).offers;
  const solverAs = async (claims: TestTokenClaims) => (await meshAs(claims)).solver;
  const settings = running.services.get("allocation")!.host.env;
  const database = await openDatabase({
    url: settings.DATABASE_URL!,
    backgroundUrl: settings.DATABASE_BACKGROUND_URL!,
  });
  const {
    allocation: staff,
    decisions,
    inventory,
  } = await meshAs({
    principal: `${parent}/serviceAccounts/staff`,
    market,
  });
  return {
    world,
    staff,
    inventory,
    decisions,
    as,
    inventoryAs,
    offersAs,
    decisionsAs,
    solverAs,
    announceListings: catalog.announceListings,
    async list(...listings) {
      const placed = await catalog.announceListings(market, listings);
      await until(() => allKnown(staff, placed));
    },
    metrics: () => running.services.get("allocation")!.host.telemetry.metrics.text(),
    database,
    async [Symbol.asyncDispose]() {
      for (const mesh of open) mesh.close();
      await database.close();
      await running.close();
    },
  };
}

async function allKnown(staff: AllocationClient, placed: readonly { id: string }[]): Promise<boolean> {
  const last = await Promise.all(
    [placed.at(0), placed.at(-1)].map(({ id } = { id: "" }) =>
      staff.getCapacityLevel({ name: `${parent}/capacityLevels/${id}` }).catch(() => undefined),
    ),
  );
  if (last.some((answer) => !answer)) return false;
  let known = 0;
  for (let pageToken = ""; ; ) {
    const page = await staff.listCapacityLevels({ parent, pageSize: 1_000, pageToken });
    known += page.capacityLevels.length;
    pageToken = page.nextPageToken;
    if (pageToken === "") return known >= placed.length;
  }
}

/** Resolves when the fact is true; throws after 4 min: it ends what hangs, and a machine may be busy. */
export async function until(fact: () => Promise<boolean> | boolean): Promise<void> {
  const endMs = Date.now() + 240_000;
  while (!(await fact())) {
    if (Date.now() > endMs) throw new Error(`never true: ${fact}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Asks for what ends in a moment, or a later one: on a busy machine that moment may be over before the call arrives. */
export async function endingSoon<T>(ask: (expireTime: Timestamp) => Promise<T>): Promise<T> {
  for (let ms = 50; ; ms *= 4) {
    try {
      return await ask(timestampFromMs(Date.now() + ms));
    } catch (error) {
      if (reasonOf(error) !== "EXPIRE_TIME_PAST") throw error;
    }
  }
}

export const listing = (id: string) => `${parent}/listings/${id}`;

/** Creates a plan `p` between the world's two kinds. */
export async function createPlan(staff: AllocationClient, plan: Record<string, unknown> = {}, planId = "p") {
  return staff.createPlan({
    parent,
    planId,
    plan: {
      demandKind: `${parent}/kinds/want`,
      supplyKind: `${parent}/kinds/tool`,
      policy: `${parent}/policies/fit`,
      demandModel: `${parent}/models/liking`,
      ...plan,
    },
  });
}
