import type { MethodImpl } from "@connectrpc/connect";
import type { AllocationService } from "@marketmesh/contracts/allocation/v1";
import { encodePageToken, idsOf, pageOf } from "@marketmesh/rpc";
import { read } from "@marketmesh/service-host/calls";
import type { Shell } from "../shell.ts";
import { type RoundPair, readRoundPairs } from "../storage/round-pair-store.ts";
import { readRound } from "../storage/round-store.ts";
import { nameOf, patterns } from "./names.ts";
import { found } from "./problem.ts";

export function listRoundPairs(
  shell: Pick<Shell, "database">,
): MethodImpl<typeof AllocationService.method.listRoundPairs> {
  return (request, context) => {
    const { market, round } = idsOf(patterns.round, request.name);
    const filter = ["round-pairs", market, round];
    const { size, after } = pageOf(request, { sizeDefault: 100, sizeMax: 1_000, filter });
    const from = after ? Number(after[0]) + 1 : 0;
    return read(shell, context, market, async (tx, caller) => {
      found(await readRound(tx, market, round), caller, "ROUND_NOT_FOUND", request.name);
      const rows = await readRoundPairs(tx, market, round, from, size + 1);
      const page = rows.slice(0, size);
      const last = page.at(-1);
      return {
        pairs: page.map((pair) => toPairMessage(market, pair)),
        nextPageToken: rows.length > size && last ? encodePageToken([String(last.position)], filter) : "",
      };
    });
  };
}

function toPairMessage(market: string, pair: RoundPair) {
  return {
    position: BigInt(pair.position),
    demand: nameOf(market, "listings", pair.demand),
    supply: nameOf(market, "listings", pair.supply),
    units: BigInt(pair.units),
    demandScore: pair.demandScore,
    supplyScore: pair.supplyScore,
    decision: nameOf(market, "decisions", pair.decision),
    lostBecause: pair.lostBecause,
  };
}
