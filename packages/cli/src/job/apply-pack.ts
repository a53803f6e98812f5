import type { JsonObject } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { Clock_Mode } from "@marketmesh/contracts/allocation/v1";
import { Side } from "@marketmesh/contracts/catalog/v1";
import { Model_Perspective } from "@marketmesh/contracts/scoring/v1";
import type { Pack, PackKind, PackWorkflow } from "@marketmesh/markets";
import type { Mesh } from "../mesh.ts";
import { MarketNames } from "./names.ts";
import { featureMessage, planMessage } from "./pack-message.ts";

/**
 * Creates a market and its pack's resources, or brings them up to the pack. What is equal stays as it is, so applying twice
 * changes nothing. With `clock` the market is a sandbox whose clock begins there.
 */
export async function applyPack(
  mesh: Mesh,
  market: string,
  pack: Pack,
  options: { readonly clock?: string; readonly workflows?: boolean } = {},
): Promise<void> {
  const names = new MarketNames(market);
  await createOrKeep(() => mesh.identity.createMarket({ marketId: market, market: { displayName: market } }));
  if (options.clock !== undefined) await applyClock(mesh, names, options.clock);
  for (const kind of pack.kinds) await applyKind(mesh, names, kind);
  await applyPolicy(mesh, names, pack);
  for (const model of pack.models) await applyModel(mesh, names, pack, model);
  await applyPlan(mesh, names, pack);
  if (options.workflows === false) return;
  for (const workflow of pack.workflows) await applyWorkflow(mesh, names, workflow);
}

/** Counts what rarity weights stand on, once the listings that `revisions` name are there. */
export async function collectStatistics(
  mesh: Mesh,
  market: string,
  pack: Pack,
  revisions: readonly string[],
): Promise<void> {
  const names = new MarketNames(market);
  for (const { statistics, attributes } of pack.statistics) {
    await mesh.scoring.collectStatistics(
      {
        parent: names.market,
        statisticsId: statistics,
        attributes: attributes.map(({ kind, attribute }) => ({ kind: names.of("kinds", kind), attribute })),
        revisions: [...revisions],
      },
      { timeoutMs: 120_000 },
    );
  }
}

async function applyClock(mesh: Mesh, names: MarketNames, start: string): Promise<void> {
  const clock = { mode: Clock_Mode.SANDBOX, time: timestampFromMs(Date.parse(start)) };
  await mesh.allocation.createClock({ parent: names.market, clock });
}

async function applyKind(mesh: Mesh, names: MarketNames, { kind: kindId, ...rest }: PackKind): Promise<void> {
  const kind = {
    side: rest.side === "SUPPLY" ? Side.SUPPLY : Side.DEMAND,
    schema: rest.schema as JsonObject,
    derivedAttributes: [...(rest.derivedAttributes ?? [])],
    groups: [...(rest.groups ?? [])],
  };
  const name = names.of("kinds", kindId);
  await createOrUpdate(
    () => mesh.catalog.createKind({ parent: names.market, kindId, kind }),
    () => mesh.catalog.updateKind({ kind: { ...kind, name } }),
  );
}

async function applyPolicy(mesh: Mesh, names: MarketNames, pack: Pack): Promise<void> {
  const { policy: policyId, rules } = pack.policy;
  const policy = { ...kindsOf(names, pack), rules: rules.map((rule) => ({ description: "", ...rule })) };
  const name = names.of("policies", policyId);
  await createOrUpdate(
    () => mesh.eligibility.createPolicy({ parent: names.market, policyId, policy }),
    () => mesh.eligibility.updatePolicy({ policy: { ...policy, name } }),
  );
}

async function applyModel(
  mesh: Mesh,
  names: MarketNames,
  pack: Pack,
  { model: modelId, perspective, features }: Pack["models"][number],
): Promise<void> {
  const model = {
    ...kindsOf(names, pack),
    perspective: perspective === "DEMAND" ? Model_Perspective.DEMAND : Model_Perspective.SUPPLY,
    features: features.map(featureMessage),
  };
  const name = names.of("models", modelId);
  await createOrUpdate(
    () => mesh.scoring.createModel({ parent: names.market, modelId, model }),
    () => mesh.scoring.updateModel({ model: { ...model, name } }),
  );
}

async function applyPlan(mesh: Mesh, names: MarketNames, pack: Pack): Promise<void> {
  const plan = { ...kindsOf(names, pack), ...planMessage(names, pack) };
  const name = names.of("plans", pack.plan.plan);
  await createOrUpdate(
    () => mesh.allocation.createPlan({ parent: names.market, planId: pack.plan.plan, plan }),
    () => mesh.allocation.updatePlan({ plan: { ...plan, name } }),
  );
}

async function applyWorkflow(
  mesh: Mesh,
  names: MarketNames,
  { name: workflow, source }: PackWorkflow,
): Promise<void> {
  const name = names.of("workflows", workflow);
  await createOrUpdate(
    () => mesh.fulfillment.createWorkflow({ parent: names.market, workflow: { source } }),
    () => mesh.fulfillment.updateWorkflow({ workflow: { name, source } }),
  );
}

function kindsOf(names: MarketNames, pack: Pack) {
  return {
    demandKind: names.of("kinds", pack.plan.demand),
    supplyKind: names.of("kinds", pack.plan.supply),
  };
}

async function createOrUpdate(create: () => Promise<unknown>, update: () => Promise<unknown>): Promise<void> {
  if (!(await createOrKeep(create))) await update();
}

/** Whether it was created; false when it was there. */
async function createOrKeep(create: () => Promise<unknown>): Promise<boolean> {
  try {
    await create();
    return true;
  } catch (error) {
    if (ConnectError.from(error).code === Code.AlreadyExists) return false;
    throw error;
  }
}
