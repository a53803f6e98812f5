import { type SparseGraph, UNLIMITED } from "@marketmesh/allocation-engine";
import { type ResidualGraph, residualGraph } from "../residual-graph.ts";

export type Side = "DEMAND" | "SUPPLY";

/** Who is there, what they still want or have, and which pairs were asked. */
export class Remaining {
  readonly #graph: SparseGraph;
  readonly #demandHere: Uint8Array;
  readonly #supplyHere: Uint8Array;
  readonly #demandLeft: Int32Array;
  readonly #supplyLeft: Int32Array;
  /** By edge: 1 where the pair was asked. */
  readonly asked: Uint8Array;

  constructor(graph: SparseGraph) {
    this.#graph = graph;
    const { length: demands } = graph.demandCapacity;
    const { length: supplies } = graph.supplyCapacity;
    this.#demandHere = new Uint8Array(demands);
    this.#supplyHere = new Uint8Array(supplies);
    this.#demandLeft = new Int32Array(demands);
    this.#supplyLeft = new Int32Array(supplies);
    this.asked = new Uint8Array(graph.demands.length);
  }

  /** Answers the units it came with. */
  arrive(side: Side, subject: number): number {
    const [here, left, capacity] = this.#columns(side);
    here[subject] = 1;
    left[subject] = capacity[subject]!;
    return capacity[subject]!;
  }

  leave(side: Side, subject: number): void {
    const [here, left] = this.#columns(side);
    here[subject] = 0;
    left[subject] = 0;
  }

  /** The pairs that may be chosen now: of demands that want and supplies that have something, each asked once at most. */
  open(): ResidualGraph {
    const [demandLeft, supplyLeft] = [this.#demandLeft.slice(), this.#supplyLeft.slice()];
    return residualGraph(this.#graph, { demandLeft, supplyLeft, asked: this.asked });
  }

  /** Puts a pair on offer; answers its units. */
  take(edge: number): number {
    const [demand, supply] = [this.#graph.demands[edge]!, this.#graph.supplies[edge]!];
    const units = this.#graph.unitMode === "WHOLE" ? this.#demandLeft[demand]! : 1;
    this.asked[edge] = 1;
    this.#demandLeft[demand]! -= units;
    if (this.#isCounted(supply)) this.#supplyLeft[supply]! -= units;
    return units;
  }

  areHere(edge: number): boolean {
    const [demand, supply] = [this.#graph.demands[edge]!, this.#graph.supplies[edge]!];
    return this.#demandHere[demand] === 1 && this.#supplyHere[supply] === 1;
  }

  /** What was on offer and not taken. */
  giveBack(edge: number, units: number): void {
    this.reopen(edge, units);
    const supply = this.#graph.supplies[edge]!;
    if (this.#isCounted(supply) && this.#supplyHere[supply] === 1) this.#supplyLeft[supply]! += units;
  }

  /** The demand of a pair wants again; the supply is lost. */
  reopen(edge: number, units: number): void {
    const demand = this.#graph.demands[edge]!;
    if (this.#demandHere[demand] === 1) this.#demandLeft[demand]! += units;
  }

  #isCounted(supply: number): boolean {
    return this.#graph.supplyCapacity[supply] !== UNLIMITED;
  }

  #columns(side: Side): readonly [here: Uint8Array, left: Int32Array, capacity: Int32Array] {
    return side === "SUPPLY"
      ? [this.#supplyHere, this.#supplyLeft, this.#graph.supplyCapacity]
      : [this.#demandHere, this.#demandLeft, this.#graph.demandCapacity];
  }
}
