import { type Assignment, assignmentOf } from "./assignment.ts";
import { EngineError } from "./engine-error.ts";
import { demandIdOf, type SparseGraph } from "./graph.ts";
import { Holding, NONE_RELEASED } from "./holding.ts";
import { LIST_ENDED, Preferences } from "./preferences.ts";
import { areShort, ShortLists } from "./short-lists.ts";

/** Which side proposes. That side gets its best stable assignment, the other its worst. */
export interface DeferredAcceptanceOptions {
  readonly proposing: "DEMAND" | "SUPPLY";
}

/**
 * Deferred acceptance with quotas on both sides: whoever proposes goes down its list, whoever is asked keeps
 * the best it has room for and lets go of the rest. No pair is left that would both rather have each other.
 * Preferences are strict: own score, then the other side's id, bytewise.
 *
 * D. Gale, L. S. Shapley, "College Admissions and the Stability of Marriage", Amer. Math. Monthly 69 (1962);
 * quotas on both sides: A. E. Roth, "Stability and Polarization of Interests in Job Matching", Econometrica 52
 * (1984). Time: O(edges · log(largest quota)), in practice far fewer edges than there are; memory: a byte per edge, and four
 * more where lists are long or supplies propose.
 *
 * Who may gain by misreporting: with demands of one unit proposing, no demand and no group of demands can make all of its
 * members better off by stating other scores (L. E. Dubins, D. A. Freedman, "Machiavelli and the Gale-Shapley Algorithm", Amer.
 * Math. Monthly 88 (1981)), and no demand alone (A. E. Roth, "The Economics of Matching: Stability and Incentives", Math. of
 * OR 7 (1982)); the same the other way round. The side that is asked may gain, and so may anybody with several units, proposing
 * or not (A. E. Roth, "The College Admissions Problem Is Not Equivalent to the Marriage Problem", J. Econ. Theory 36 (1985)).
 * No stable mechanism is safe for both sides (Roth 1982).
 *
 * @throws EngineError WHOLE_UNITS_UNSUPPORTED when pairs carry several units: with sizes a stable assignment
 *   need not exist
 */
export function deferredAcceptance(graph: SparseGraph, options: DeferredAcceptanceOptions): Assignment {
  refuseWholeUnits(graph);
  const demandSide: Side = { of: graph.demands, capacity: graph.demandCapacity, scores: graph.demandScores };
  const supplySide: Side = { of: graph.supplies, capacity: graph.supplyCapacity, scores: graph.supplyScores };
  return options.proposing === "DEMAND"
    ? solve(graph, demandSide, supplySide)
    : solve(graph, supplySide, demandSide);
}

/** @throws EngineError WHOLE_UNITS_UNSUPPORTED */
export function refuseWholeUnits(graph: SparseGraph): void {
  if (graph.unitMode !== "WHOLE") return;
  const large = graph.demandCapacity.findIndex((units) => units > 1);
  if (large < 0) return;
  throw new EngineError(
    "WHOLE_UNITS_UNSUPPORTED",
    `demand ${demandIdOf(graph, large)} wants ${graph.demandCapacity[large]} units of one supply; deferred acceptance gives single units`,
  );
}

interface Side {
  /** Per edge: who on this side it belongs to. */
  readonly of: Uint32Array;
  readonly capacity: Int32Array;
  /** Per edge: how this side sees the other. */
  readonly scores: Int32Array;
}

function solve(graph: SparseGraph, proposers: Side, receivers: Side): Assignment {
  const lists = listsOf(graph, proposers);
  const holding = new Holding(receivers.of, receivers.capacity, receivers.scores);
  const missing = proposers.capacity.slice();
  const released: number[] = [];
  let proposals = 0;
  // The outcome does not depend on whose turn it is, nor does the number of proposals.
  for (let first = 0; first < missing.length; first++) {
    let proposer = first;
    for (;;) {
      while (missing[proposer]! > 0) {
        const edge = lists.next(proposer);
        if (edge === LIST_ENDED) break;
        proposals++;
        missing[proposer]!--;
        const letGo = holding.offer(edge);
        if (letGo === NONE_RELEASED) continue;
        const loser = proposers.of[letGo]!;
        missing[loser]!++;
        if (loser !== proposer) released.push(loser);
      }
      if (released.length === 0) break;
      proposer = released.pop()!;
    }
  }
  return assignmentOf(graph, holding.marks(), proposals);
}

/** Everybody's edges, best first. Those of a demand are neighbours, so short ones need not be sorted. */
function listsOf(graph: SparseGraph, { of, capacity, scores }: Side): Preferences | ShortLists {
  if (of === graph.demands && areShort(graph.offsets)) return new ShortLists(graph.offsets, scores);
  return new Preferences(of, capacity.length, scores);
}
