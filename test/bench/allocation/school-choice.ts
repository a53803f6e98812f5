import type { SparseGraph } from "@marketmesh/allocation-engine";

/** How large a school choice is; there are as many places as applicants. */
export interface SchoolChoice {
  readonly applicants: number;
  readonly schools: number;
  readonly places: number;
  /** Different schools on each applicant's list, chosen and ranked at random. */
  readonly listLength: number;
}

/** Applicants are demands, schools supplies; both sides' scores are random numbers below a million. */
export function schoolChoice({ applicants, schools, places, listLength }: SchoolChoice): SparseGraph {
  const edges = applicants * listLength;
  const random = numbers(edges);
  const graph = {
    unitMode: "SPREAD" as const,
    demandCapacity: new Int32Array(applicants).fill(1),
    supplyCapacity: new Int32Array(schools).fill(places),
    offsets: Uint32Array.from({ length: applicants + 1 }, (_, applicant) => applicant * listLength),
    demands: new Uint32Array(edges),
    supplies: new Uint32Array(edges),
    demandScores: new Int32Array(edges),
    supplyScores: new Int32Array(edges),
  };
  for (let applicant = 0; applicant < applicants; applicant++) {
    const start = applicant * listLength;
    const list = graph.supplies.subarray(start, start + listLength);
    for (let at = 0; at < listLength; ) {
      list[at] = random() % schools;
      if (list.indexOf(list[at]!) === at) at++;
    }
    list.sort();
  }
  for (let edge = 0; edge < edges; edge++) {
    graph.demands[edge] = Math.floor(edge / listLength);
    graph.demandScores[edge] = random() % 1_000_000;
    graph.supplyScores[edge] = random() % 1_000_000;
  }
  return graph;
}

/** A stream of numbers below 2^32 (mulberry32). */
export function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}
