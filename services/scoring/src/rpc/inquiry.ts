import type { Timestamp } from "@bufbuild/protobuf/wkt";
import { Code, type ConnectError, type HandlerContext } from "@connectrpc/connect";
import { formatName } from "@marketmesh/contracts";
import {
  decisionMs,
  kindNotFound,
  type ListingProjection,
  type ProjectedKind,
  type Subjects,
} from "@marketmesh/listing-projection";
import type { Tx } from "@marketmesh/postgres";
import { callerOf, idsOf, problem } from "@marketmesh/rpc";
import { read } from "@marketmesh/service-host/calls";
import type { StoredModel } from "../domain/model.ts";
import type { ModelStatistics, ReadyModel, Scorers } from "../scorers.ts";
import { findModel } from "../storage/model-store.ts";
import { findCounts, listStatisticsHeads } from "../storage/statistics-store.ts";
import { patterns } from "./names.ts";
import { modelMismatch, modelNotFound } from "./problem.ts";
import type { Shell } from "./shell.ts";

/** What scores are made from. */
export interface InquiryDeps {
  readonly shell: Shell;
  readonly listings: ListingProjection;
  readonly scorers: Scorers;
  readonly subjects: Subjects;
}

/** A model as a request names it. */
export interface ModelWanted {
  readonly name: string;
  readonly field: string;
  /** 0, the default, means the current one. */
  readonly version?: bigint;
}

/** Models between the same two kinds, with the listings of both and the counts that they weigh by. */
export interface Inquiry {
  readonly market: string;
  /** In the order asked; at least one. */
  readonly models: readonly [ReadyModel, ...ReadyModel[]];
  readonly statistics: ModelStatistics;
  readonly supply: ProjectedKind;
  readonly demand: ProjectedKind;
  /** Epoch milliseconds. */
  readonly now: number;
}

/**
 * Current versions are read from the database each time, so that every replica sees a new one at once; while it is away they are
 * those that were read last for the same models.
 */
export async function open(
  { shell, listings, scorers }: InquiryDeps,
  wanted: readonly [ModelWanted, ...ModelWanted[]],
  request: { readonly revisions: readonly string[]; readonly decisionTime?: Timestamp | undefined },
  context: HandlerContext,
): Promise<Inquiry> {
  const { market } = idsOf(patterns.model, wanted[0].name, wanted[0].field);
  // Row security shows a market's models to all that may work in it, whoever they are.
  const key = [market, ...wanted.map(({ name, version = 0n }) => `${name}@${version}`)].join(" ");
  const current = async (tx: Tx) => ({
    stored: await Promise.all(wanted.map((model) => find(tx, market, model, context))),
    heads: await listStatisticsHeads(tx, market),
  });
  // Not from a replica: what is in memory may be newer, and has a bound to its age.
  const { stored, heads } = await shell.recent.read(key, () =>
    read(shell, context, market, current, { readFrom: "PRIMARY" }),
  );
  const [first] = stored as [StoredModel];
  for (const [at, other] of stored.entries()) refuseOtherKinds(first, other, wanted[at]!.field);
  await listings.waitFor(market, request.revisions, context.signal);
  const kindOf = async (id: string, versionOf: (model: StoredModel) => bigint) => {
    const name = formatName(patterns.kind, { market, kind: id });
    let versionMin = 0n;
    for (const version of stored.map(versionOf)) if (version > versionMin) versionMin = version;
    const kind = await listings.kind(name, context.signal, versionMin);
    if (kind === undefined) throw kindNotFound(name, wanted[0].field);
    return kind;
  };
  const supply = await kindOf(first.supplyKind, (model) => model.supplyKindVersion);
  const demand = await kindOf(first.demandKind, (model) => model.demandKindVersion);
  const models = stored.map((model) => scorers.ready(model, { supply, demand })) as [ReadyModel];
  const statistics = await scorers.statistics(models, heads, (head) =>
    read(shell, context, market, (tx) => findCounts(tx, head)),
  );
  const now = decisionMs(
    request.decisionTime,
    models.some((model) => model.readsNow),
  );
  return { market, models, statistics, supply, demand, now };
}

async function find(
  tx: Tx,
  market: string,
  { name, field, version = 0n }: ModelWanted,
  context: HandlerContext,
): Promise<StoredModel> {
  const ids = idsOf(patterns.model, name, field);
  const model = ids.market === market ? await findModel(tx, market, ids.model, version) : undefined;
  if (model === undefined) throw modelNotFound(name, version, callerOf(context));
  return model;
}

function refuseOtherKinds(first: StoredModel, other: StoredModel, field: string): void {
  if (other.supplyKind === first.supplyKind && other.demandKind === first.demandKind) return;
  throw modelMismatch(field, `a model between ${first.demandKind} and ${first.supplyKind}`);
}

/** FAILED_PRECONDITION (STATISTICS_NOT_COLLECTED). */
export function statisticsNotCollected(missing: NonNullable<ModelStatistics["missing"]>): ConnectError {
  const { feature, supplyAttribute, demandAttribute } = missing;
  const message = `${feature} weighs by rarity, and no statistics count supply.${supplyAttribute} and demand.${demandAttribute}`;
  return problem(Code.FailedPrecondition, "STATISTICS_NOT_COLLECTED", message, { metadata: { ...missing } });
}
