import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import { IdentityService, MarketCreatedSchema, MarketUpdatedSchema } from "@marketmesh/contracts/identity/v1";
import { type Announcement, fact } from "@marketmesh/events";
import type { Tx } from "@marketmesh/postgres";
import { idAfter, listPage } from "@marketmesh/rpc";
import { read } from "@marketmesh/service-host/calls";
import { marketName } from "../domain/names.ts";
import { type Problem, refuse } from "../domain/problem.ts";
import { judgeEtag, judgeMask, type Market } from "../domain/resources.ts";
import type { Shell } from "../shell.ts";
import {
  findMarket,
  insertMarket,
  listMarkets,
  lockMarket,
  placeExists,
  saveMarket,
} from "../storage/market-store.ts";
import { marketMessage } from "./messages.ts";
import { mutate } from "./mutate.ts";
import { found, must, toConnectError } from "./problem.ts";
import { marketOf } from "./request-names.ts";

const methods = IdentityService.method;
type Methods = Pick<
  ServiceImpl<typeof IdentityService>,
  "createMarket" | "getMarket" | "listMarkets" | "updateMarket"
>;

export function markets(shell: Shell): Methods {
  return {
    createMarket: (request, context) =>
      mutate(
        shell,
        context,
        { method: methods.createMarket, place: request.marketId, request },
        async (tx) => {
          const now = shell.now();
          const displayName = request.market?.displayName ?? "";
          const market = { id: request.marketId, displayName, version: 1n, createTime: now, updateTime: now };
          if (!(await insertMarket(tx, market))) throw toConnectError(taken(market.id));
          return { response: { market: marketMessage(market) }, ...done(market, MarketCreatedSchema) };
        },
      ),

    getMarket: async (request, context) => {
      const id = marketOf(request.name, "name");
      const market = await read(shell, context, id, (tx) => findMarket(tx, id));
      return { market: marketMessage(must(market ? { ok: true, value: market } : marketMissing(id))) };
    },

    listMarkets: async (request, context: HandlerContext) => {
      const { rows, nextPageToken } = await read(shell, context, "", (tx) =>
        listPage(
          request,
          "markets",
          ({ after, limit }) => listMarkets(tx, { afterId: idAfter(after), limit }),
          (market) => [market.id],
        ),
      );
      return { markets: rows.map(marketMessage), nextPageToken };
    },

    updateMarket: (request, context) => {
      const id = marketOf(request.market?.name ?? "", "market.name");
      return mutate(
        shell,
        context,
        { method: methods.updateMarket, place: id, request },
        async (tx, caller) => {
          const market = found(await lockMarket(tx, id), caller, marketMissing(id));
          must(judgeMask(request.updateMask?.paths ?? []));
          must(judgeEtag(request.market?.etag ?? "", market, marketName(id)));
          const displayName = request.market?.displayName ?? "";
          if (displayName === market.displayName) return { response: { market: marketMessage(market) } };
          const next = { ...market, displayName, version: market.version + 1n, updateTime: shell.now() };
          await saveMarket(tx, next);
          return { response: { market: marketMessage(next) }, ...done(next, MarketUpdatedSchema) };
        },
      );
    },
  };
}

/** Refuses what shall belong to a market that does not exist. */
export async function mustExist(tx: Tx, place: string): Promise<void> {
  if (!(await placeExists(tx, place))) throw toConnectError(marketMissing(place));
}

function done(market: Market, schema: typeof MarketCreatedSchema | typeof MarketUpdatedSchema) {
  const announcement: Announcement = {
    market: market.id,
    feed: "market",
    aggregateId: market.id,
    version: market.version,
    fact: fact(schema, { market: marketMessage(market) }),
  };
  return { act: { resource: marketName(market.id) }, facts: [announcement] };
}

function marketMissing(id: string): Problem {
  return refuse("MARKET_NOT_FOUND", `there is no market ${id}`, { market: id });
}

function taken(id: string): Problem {
  return refuse("MARKET_ALREADY_EXISTS", `market ${id} exists already`, { market: id }, "market_id");
}
