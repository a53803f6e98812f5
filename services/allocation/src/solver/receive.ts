import type { MessageShape } from "@bufbuild/protobuf";
import type {
  SolveEdgesSchema,
  SolveNodesSchema,
  SolvePlanSchema,
} from "@marketmesh/contracts/allocation/v1";
import { invalidField } from "@marketmesh/rpc";
import { Budget, Column, graphInvalid, solverLimits, tooLarge } from "./columns.ts";
import type { SentGraph, SentSide } from "./sent-graph.ts";

type SolveNodes = MessageShape<typeof SolveNodesSchema>;
type SolveEdges = MessageShape<typeof SolveEdgesSchema>;
type SolvePlan = MessageShape<typeof SolvePlanSchema>;

/** Gathers the parts of one graph. What is wrong with a part is said at once, what is wrong with the whole at its end. */
export class Receiver {
  readonly #budget = new Budget();
  readonly #demands: Side;
  readonly #supplies: Side;
  readonly #edges = {
    demands: new Column("edges.demands"),
    supplies: new Column("edges.supplies"),
    demandScores: new Column("edges.demand_scores"),
    supplyScores: new Column("edges.supply_scores"),
    acceptances: new Column("edges.acceptances"),
  };

  constructor({ groupings }: SolvePlan) {
    const names = groupings.map(({ name }) => name);
    this.#demands = new Side(
      "demands",
      names.filter((name) => name.startsWith("demand/")),
    );
    this.#supplies = new Side(
      "supplies",
      names.filter((name) => name.startsWith("supply/")),
    );
  }

  /** Demands, supplies and pairs so far. */
  get counts(): { readonly demandCount: number; readonly supplyCount: number; readonly edgeCount: number } {
    return {
      demandCount: this.#demands.length,
      supplyCount: this.#supplies.length,
      edgeCount: this.#edges.demands.length,
    };
  }

  demands(nodes: SolveNodes): void {
    this.#demands.add(nodes, this.#budget);
    this.#refuseTooMany("demands");
  }

  supplies(nodes: SolveNodes): void {
    if (nodes.waitingSeconds.length > 0) throw invalidField("supplies.waiting_seconds", "Demands only.");
    this.#supplies.add(nodes, this.#budget);
    this.#refuseTooMany("supplies");
  }

  edges(chunk: SolveEdges): void {
    const count = Math.floor(chunk.demands.length / 4);
    const { demands, supplies, demandScores, supplyScores, acceptances } = this.#edges;
    if (demands.length + count > solverLimits.edgesMax) throw tooLarge("edgesMax", "edges");
    demands.add(chunk.demands, count, this.#budget);
    supplies.add(chunk.supplies, count, this.#budget);
    demandScores.add(chunk.demandScores, count, this.#budget);
    if (chunk.supplyScores.length > 0) supplyScores.add(chunk.supplyScores, count, this.#budget);
    if (chunk.acceptances.length > 0) acceptances.add(chunk.acceptances, count, this.#budget);
  }

  /** All of it. Throws GRAPH_INVALID where a column is in some chunks only, or there is nothing. */
  whole(): SentGraph {
    const { demands, supplies, demandScores, supplyScores, acceptances } = this.#edges;
    for (const side of ["demands", "supplies"] as const) {
      if (this.counts[side === "demands" ? "demandCount" : "supplyCount"] > 0) continue;
      throw graphInvalid(side, "GRAPH_EMPTY", `the stream ended without ${side}`);
    }
    const edgeCount = demands.length;
    refusePartial("edges.supply_scores", supplyScores, edgeCount);
    refusePartial("edges.acceptances", acceptances, edgeCount);
    const scores = demandScores.signed();
    return {
      demands: this.#demands.whole(),
      supplies: this.#supplies.whole(),
      edgeDemands: demands.unsigned(),
      edgeSupplies: supplies.unsigned(),
      demandScores: scores,
      supplyScores: supplyScores.length > 0 ? supplyScores.signed() : scores,
      acceptances: acceptances.length > 0 ? acceptances.unsigned() : undefined,
    };
  }

  #refuseTooMany(field: string): void {
    if (this.#demands.length + this.#supplies.length > solverLimits.nodesMax)
      throw tooLarge("nodesMax", field);
  }
}

/** The columns of one side. */
class Side {
  readonly #field: string;
  readonly #capacities: Column;
  readonly #outside: Column;
  readonly #waiting: Column;
  readonly #groups: ReadonlyMap<string, Column>;

  constructor(field: string, groupings: readonly string[]) {
    this.#field = field;
    this.#capacities = new Column(`${field}.capacities`);
    this.#outside = new Column(`${field}.outside_options`);
    this.#waiting = new Column(`${field}.waiting_seconds`);
    this.#groups = new Map(groupings.map((name) => [name, new Column(`${field}.groups`)]));
  }

  get length(): number {
    return this.#capacities.length;
  }

  add({ capacities, outsideOptions, waitingSeconds, groups }: SolveNodes, budget: Budget): void {
    const count = Math.floor(capacities.length / 4);
    this.#capacities.add(capacities, count, budget);
    if (outsideOptions.length > 0) this.#outside.add(outsideOptions, count, budget);
    if (waitingSeconds.length > 0) this.#waiting.add(waitingSeconds, count, budget);
    for (const { grouping, positions } of groups) {
      const column = this.#groups.get(grouping);
      if (!column)
        throw invalidField(`${this.#field}.groups`, `The plan has no grouping ${grouping} of this side.`);
      column.add(positions, count, budget);
    }
  }

  whole(): SentSide {
    refusePartial(`${this.#field}.outside_options`, this.#outside, this.length);
    refusePartial(`${this.#field}.waiting_seconds`, this.#waiting, this.length);
    for (const column of this.#groups.values()) {
      if (column.length !== this.length) {
        throw graphInvalid(
          `${this.#field}.groups`,
          "COLUMN_LENGTHS_DIFFER",
          "a grouping is not in every chunk once",
        );
      }
    }
    return {
      capacities: this.#capacities.signed(),
      outside: this.#outside.length > 0 ? this.#outside.signed() : undefined,
      waiting: this.#waiting.length > 0 ? this.#waiting.signed() : undefined,
      groups: [...this.#groups].map(([name, column]) => ({ name, positions: column.signed() })),
    };
  }
}

function refusePartial(field: string, column: Column, count: number): void {
  if (column.length === 0 || column.length === count) return;
  throw graphInvalid(
    field,
    "COLUMN_LENGTHS_DIFFER",
    `${column.length} numbers for ${count}: in every chunk, or in none`,
  );
}
