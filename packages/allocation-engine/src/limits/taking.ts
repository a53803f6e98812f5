import { type Assignment, assignmentOf, unitsOfPair } from "../assignment.ts";
import { type SparseGraph, UNLIMITED } from "../graph.ts";
import type { Caps, CapsOfSide } from "./caps.ts";

/** What kept an edge from being taken. */
export type Refusal = "CHOSEN" | "DEMAND" | "SUPPLY" | "LIMIT";

/** What is left while edges are taken one after the other, and never taken back. */
export class Taking {
  readonly graph: SparseGraph;
  /** By demand: units still wanted. */
  readonly wanted: Int32Array;
  /** By supply: units still there. */
  readonly left: Int32Array;
  /** By cap: units still allowed. */
  readonly allowed: Float64Array;
  /** By edge: 1 when taken. */
  readonly chosen: Uint8Array;
  readonly #caps: Caps | undefined;

  constructor(graph: SparseGraph, caps?: Caps) {
    this.graph = graph;
    this.wanted = graph.demandCapacity.slice();
    this.left = graph.supplyCapacity.slice();
    this.allowed = Float64Array.from(caps?.list ?? [], (cap) => cap.unitsMax);
    this.chosen = new Uint8Array(graph.supplies.length);
    this.#caps = caps !== undefined && caps.list.length > 0 ? caps : undefined;
  }

  /** Why the edge cannot be taken now; absent: it can. */
  refusal(edge: number): Refusal | undefined {
    if (this.chosen[edge] === 1) return "CHOSEN";
    const demand = this.graph.demands[edge]!;
    const supply = this.graph.supplies[edge]!;
    const units = unitsOfPair(this.graph, demand);
    if (units === 0 || this.wanted[demand]! < units) return "DEMAND";
    if (this.left[supply]! < units) return "SUPPLY";
    if (this.#caps === undefined) return undefined;
    const fits =
      this.#fits(this.#caps.ofDemand, demand, units) && this.#fits(this.#caps.ofSupply, supply, units);
    return fits ? undefined : "LIMIT";
  }

  /** Takes the edge when it fits, and says whether it did. */
  take(edge: number): boolean {
    if (this.refusal(edge) !== undefined) return false;
    const demand = this.graph.demands[edge]!;
    const supply = this.graph.supplies[edge]!;
    const units = unitsOfPair(this.graph, demand);
    this.wanted[demand]! -= units;
    if (this.graph.supplyCapacity[supply] !== UNLIMITED) this.left[supply]! -= units;
    this.chosen[edge] = 1;
    if (this.#caps === undefined) return true;
    this.#use(this.#caps.ofDemand, demand, units);
    this.#use(this.#caps.ofSupply, supply, units);
    return true;
  }

  /** @param proposals how many edges were looked at */
  assignment(proposals: number): Assignment {
    return assignmentOf(this.graph, this.chosen, proposals);
  }

  #fits({ offsets, caps }: CapsOfSide, position: number, units: number): boolean {
    for (let at = offsets[position]!; at < offsets[position + 1]!; at++) {
      if (this.allowed[caps[at]!]! < units) return false;
    }
    return true;
  }

  #use({ offsets, caps }: CapsOfSide, position: number, units: number): void {
    for (let at = offsets[position]!; at < offsets[position + 1]!; at++) this.allowed[caps[at]!]! -= units;
  }
}
