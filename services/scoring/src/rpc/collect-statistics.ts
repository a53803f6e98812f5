import { Code, type ServiceImpl } from "@connectrpc/connect";
import { formatName } from "@marketmesh/contracts";
import type { AttributeRef, ScoringService } from "@marketmesh/contracts/scoring/v1";
import { kindNotFound, type ListingProjection, type ProjectedKind } from "@marketmesh/listing-projection";
import { scopeOf } from "@marketmesh/postgres";
import { collectStatistics as count } from "@marketmesh/ranking";
import { callerOf, idsOf, problem } from "@marketmesh/rpc";
import { saveStatistics } from "../storage/statistics-store.ts";
import { patterns } from "./names.ts";
import { refuseParty, type Shell } from "./shell.ts";
import { toStatisticsMessage } from "./statistics-message.ts";

/** Repeating a collection is harmless, since equal counts change nothing, so it takes no request id. */
export function collectStatistics(
  shell: Shell,
  listings: ListingProjection,
): ServiceImpl<typeof ScoringService>["collectStatistics"] {
  return async (request, context) => {
    const { market } = idsOf(patterns.market, request.parent, "parent");
    refuseParty(context, formatName(patterns.statistics, { market, statistics: request.statisticsId }));
    await listings.waitFor(market, request.revisions, context.signal);
    // Read before the kinds: what is counted reflects at least this.
    const feedSeq = listings.position?.feedSeq ?? 0n;
    const counted: { index: ProjectedKind["index"]; attribute: string }[] = [];
    for (const [at, ref] of request.attributes.entries()) {
      const kind = await kindOf(listings, market, ref, `attributes[${at}]`, context.signal);
      counted.push({ index: kind.index, attribute: ref.attribute });
    }
    const made = {
      market,
      id: request.statisticsId,
      attributes: request.attributes.map(({ kind, attribute }) => ({
        kind: idsOf(patterns.kind, kind).kind,
        attribute,
      })),
      counts: count(counted),
      feedSeq,
      updateTime: shell.now(),
    };
    const head = await shell.database.transaction(
      scopeOf(callerOf(context), market),
      (tx) => saveStatistics(tx, made),
      { signal: context.signal },
    );
    return { statistics: toStatisticsMessage(head) };
  };
}

async function kindOf(
  listings: ListingProjection,
  market: string,
  { kind: name, attribute }: AttributeRef,
  field: string,
  signal: AbortSignal,
): Promise<ProjectedKind> {
  const ids = idsOf(patterns.kind, name, `${field}.kind`);
  let kind = ids.market === market ? await listings.kind(name, signal) : undefined;
  if (kind === undefined) throw kindNotFound(name, `${field}.kind`);
  if (!kind.types.has(attribute)) kind = await listings.refreshed(kind, signal);
  const declared = kind.types.get(attribute);
  const countable = declared?.type === "string" || declared?.type === "list<string>";
  if (countable && !declared.personal) return kind;
  const place = `${field}.attribute`;
  const message = `${place}: ${name} has no attribute ${JSON.stringify(attribute)} that holds strings and is not personal`;
  throw problem(Code.InvalidArgument, "ATTRIBUTE_INVALID", message, {
    field: place,
    metadata: { field: place },
  });
}
