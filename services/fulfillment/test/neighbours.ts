import { create, type DescMessage, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  AllocationCommittedSchema,
  AllocationService,
  Clock_Mode,
  ClockAdvancedSchema,
  OfferAcceptedSchema,
} from "@marketmesh/contracts/allocation/v1";
import { CatalogService, ListingSchema } from "@marketmesh/contracts/catalog/v1";
import { announce, fact } from "@marketmesh/events";
import type { Database, Tx } from "@marketmesh/postgres";
import type { Bind } from "@marketmesh/service-host";
import { sql } from "drizzle-orm";

/** When the test's sandbox markets begin. */
export const beginMs = Date.UTC(2026, 2, 2, 8);

/** What the neighbours of fulfillment are asked and say. */
export class World {
  /** Sandbox clocks by market; others are real. */
  readonly clocks = new Map<string, { timeMs: number; version: number }>();
  /** GetClock is refused with this, as long as it is there. */
  clockFailure: ConnectError | undefined;
  /** How often it was asked. */
  clockAsks = 0;
  /** Requests by method, in order. */
  readonly asked: { readonly method: string; readonly request: unknown; readonly caller: string }[] = [];
  /** What GetListing and CreateRound answer instead, as long as there is something. */
  readonly failures: ConnectError[] = [];
  /** Awaited before GetListing answers. */
  beforeAnswer: () => Promise<void> = async () => {};
  database: Database | undefined;

  sandbox(market: string): void {
    this.clocks.set(market, { timeMs: beginMs, version: 1 });
  }

  /** Announces facts through a real outbox. */
  async tell(...facts: readonly Told[]): Promise<void> {
    await this.database!.background((tx) => this.#announce(tx, facts));
  }

  /** Announces a fact as one of so many days ago, that comes again or late. */
  async tellAged(one: Told, days: number): Promise<void> {
    await this.database!.background(async (tx) => {
      await this.#announce(tx, [one]);
      await tx.execute(sql`update marketmesh.outbox set occur_time = now() - ${days} * interval '1 day'
        where aggregate_id = ${one.id} and version = ${one.version ?? 1} and market = ${one.market}`);
    });
  }

  async #announce(tx: Tx, facts: readonly Told[]): Promise<void> {
    await announce(
      tx,
      facts.map(({ market, feed, id, version = 1, schema, body }) => ({
        market,
        feed,
        aggregateId: id,
        version: BigInt(version),
        fact: fact(schema, body),
      })),
    );
  }

  /** Moves a sandbox clock, and says so. */
  async advance(market: string, byMs: number): Promise<number> {
    const clock = this.clocks.get(market)!;
    clock.timeMs += byMs;
    clock.version++;
    await this.tell(clockAdvanced(market, clock));
    return clock.timeMs;
  }
}

interface Told<Desc extends DescMessage = DescMessage> {
  readonly market: string;
  readonly feed: string;
  readonly id: string;
  readonly version?: number;
  readonly schema: Desc;
  readonly body: MessageInitShape<Desc>;
}

function told<Desc extends DescMessage>(one: Told<Desc>): Told {
  return one as unknown as Told;
}

function clockAdvanced(market: string, { timeMs, version }: { timeMs: number; version: number }): Told {
  const clock = {
    name: `markets/${market}/clock`,
    mode: Clock_Mode.SANDBOX,
    time: timestampFromMs(timeMs),
    version: BigInt(version),
  };
  return told({
    market,
    feed: "clock",
    id: market,
    version: version - 1,
    schema: ClockAdvancedSchema,
    body: { clock },
  });
}

export function committed(market: string, id: string, atMs = beginMs): Told {
  const allocation = {
    name: `markets/${market}/allocations/${id}`,
    demand: `markets/${market}/listings/demand-of-${id}`,
    supply: `markets/${market}/listings/supply-of-${id}`,
    units: 1n,
    createTime: timestampFromMs(atMs),
  };
  return told({ market, feed: "allocation", id, schema: AllocationCommittedSchema, body: { allocation } });
}

export function accepted(market: string, id: string, atMs = beginMs): Told {
  const offer = { name: `markets/${market}/offers/${id}`, answerTime: timestampFromMs(atMs), version: 2n };
  return told({ market, feed: "offer", id, version: 2, schema: OfferAcceptedSchema, body: { offer } });
}

/** An allocation that has a clock per market and announces through a real outbox. */
export function allocationOf(world: World): Bind {
  return async (host) => {
    const database = await host.database({ migrations: new URL("./", import.meta.url) });
    await host.events(database);
    world.database = database;
    host.serve(AllocationService, {
      getClock: ({ name }: { name: string }) => {
        world.clockAsks++;
        if (world.clockFailure) throw world.clockFailure;
        const clock = world.clocks.get(name.split("/")[1]!);
        const time = timestampFromMs(clock?.timeMs ?? Date.now());
        const mode = clock ? Clock_Mode.SANDBOX : Clock_Mode.REAL;
        return { clock: { name, mode, time, version: BigInt(clock?.version ?? 0) } };
      },
      createRound: (request: unknown, context: { requestHeader: Headers }) => {
        world.asked.push({ method: "CreateRound", request, caller: callerIn(context) });
        const failure = world.failures.shift();
        if (failure) throw failure;
        return { round: { name: "markets/x/rounds/next" } };
      },
    } as never);
  };
}

/** A catalog that knows every listing. */
export function catalogOf(world: World): Bind {
  return async (host) => {
    await host.events(await host.database({ migrations: new URL("./", import.meta.url) }));
    host.serve(CatalogService, {
      getListing: async (request: { name: string }, context: { requestHeader: Headers }) => {
        world.asked.push({ method: "GetListing", request, caller: callerIn(context) });
        await world.beforeAnswer();
        const failure = world.failures.shift();
        if (failure) throw failure;
        const [, market] = request.name.split("/");
        return {
          listing: create(ListingSchema, { name: request.name, owner: `markets/${market}/parties/ann` }),
        };
      },
    } as never);
  };
}

function callerIn(context: { requestHeader: Headers }): string {
  const [, claims = ""] = (context.requestHeader.get("authorization") ?? "").split(".");
  return JSON.parse(Buffer.from(claims, "base64url").toString() || "{}").sub ?? "";
}

export const away = () => new ConnectError("away", Code.Unavailable);
