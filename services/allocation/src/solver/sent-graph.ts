import type { AllocationPlan, PositionGraph } from "@marketmesh/allocation-engine";
import { graphOfPositions } from "@marketmesh/allocation-engine";

/** One side as it was sent. */
export interface SentSide {
  readonly capacities: Int32Array;
  readonly outside: Int32Array | undefined;
  readonly waiting: Int32Array | undefined;
  readonly groups: readonly { readonly name: string; readonly positions: Int32Array }[];
}

/** A graph as it was sent: plain columns, for it crosses threads. */
export interface SentGraph {
  readonly demands: SentSide;
  readonly supplies: SentSide;
  readonly edgeDemands: Uint32Array;
  readonly edgeSupplies: Uint32Array;
  readonly demandScores: Int32Array;
  readonly supplyScores: Int32Array;
  /** Millionths. */
  readonly acceptances: Uint32Array | undefined;
}

/** The part of an engine's plan that is the same whatever the graph. */
export interface SentPlan
  extends Pick<
    AllocationPlan,
    "strategy" | "proposing" | "objective" | "limits" | "shares" | "seed" | "gap"
  > {
  readonly unitMode: "SPREAD" | "WHOLE";
  readonly groupings: readonly { readonly name: string; readonly values: readonly string[] }[];
}

/** What was sent, as the engine takes it. Throws EngineError. */
export function asked(sent: SentGraph, plan: SentPlan): PositionGraph & { readonly plan: AllocationPlan } {
  const { unitMode, groupings, ...rest } = plan;
  const { graph, order } = graphOfPositions({
    unitMode,
    demandCapacity: sent.demands.capacities,
    supplyCapacity: sent.supplies.capacities,
    edgeDemands: sent.edgeDemands,
    edgeSupplies: sent.edgeSupplies,
    demandScores: sent.demandScores,
    supplyScores: sent.supplyScores,
  });
  const { acceptances } = sent;
  const positions = new Map(
    [...sent.demands.groups, ...sent.supplies.groups].map((each) => [each.name, each]),
  );
  return {
    graph,
    order,
    plan: {
      ...rest,
      ...(sent.demands.waiting && { waiting: sent.demands.waiting }),
      outside: {
        ...(sent.demands.outside && { demand: sent.demands.outside }),
        ...(sent.supplies.outside && { supply: sent.supplies.outside }),
      },
      groups: groupings.map(({ name, values }) => ({
        name,
        side: name.startsWith("demand/") ? "DEMAND" : "SUPPLY",
        values,
        of: positions.get(name)!.positions,
      })),
      ...(acceptances && { acceptance: Float64Array.from(order, (edge) => acceptances[edge]! / 1_000_000) }),
    },
  };
}
