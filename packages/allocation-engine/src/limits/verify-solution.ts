import { type SparseGraph, UNLIMITED } from "../graph.ts";
import { objectiveWeights } from "../objective.ts";
import type { AllocationPlan, Solution, SolutionCertificate } from "../plan.ts";
import { type Violation, verifyAssignment } from "../verify.ts";
import { type StatedLimit, statedLimits } from "./stated-limits.ts";
import { type LimitViolation, verifyLimits } from "./verify-limits.ts";

/** One way in which a certificate claims what its prices do not show. */
export type CertificateViolation =
  | {
      readonly reason: "PRICE_INVALID";
      readonly of: string;
      readonly position: number;
      readonly price: number;
    }
  | {
      readonly reason: "GRANT_INVALID";
      readonly limit: number;
      readonly granted: number;
      /** What the plan promises and the assignment gives. */
      readonly most: number;
    }
  | { readonly reason: "PRIMAL_WRONG"; readonly primal: number; readonly stated: number }
  | { readonly reason: "DUAL_TOO_LOW"; readonly dual: number; readonly stated: number }
  | { readonly reason: "GAP_WRONG"; readonly gap: number; readonly stated: number };

export type SolutionViolation = Violation | LimitViolation | CertificateViolation;

/**
 * Checks a whole solution from graph and plan alone: capacities, limits, and that the certificate's bound follows from its prices.
 * Shares no code with the strategies. Empty: it holds.
 */
export function verifySolution(
  graph: SparseGraph,
  plan: AllocationPlan,
  { assignment, certificate, facts }: Solution,
): SolutionViolation[] {
  return [
    ...verifyAssignment(graph, assignment),
    ...verifyLimits(graph, plan, assignment, facts.refusedPins),
    ...(certificate === undefined ? [] : verifyBound(graph, plan, assignment.edges, certificate)),
  ];
}

/** What is maximised: the objective, for EXPECTED times the probability of a yes. */
function weightsStated(graph: SparseGraph, plan: AllocationPlan): Int32Array {
  const weights = objectiveWeights(graph, plan.objective ?? {}, plan);
  if (plan.strategy !== "EXPECTED" || plan.acceptance === undefined) return weights;
  return weights.map((weight, edge) => {
    const expected = weight * plan.acceptance![edge]!;
    return expected > 0 ? Math.max(1, Math.floor(expected)) : Math.min(weight, 0);
  });
}

const ROUNDING = 1e-3;

function verifyBound(
  graph: SparseGraph,
  plan: AllocationPlan,
  edges: Uint32Array,
  certificate: SolutionCertificate,
): CertificateViolation[] {
  const limits = statedLimits(graph, plan);
  const pins = pinnedEdges(graph, plan, edges);
  const violations = [
    ...invalidPrices(graph, certificate),
    ...invalidGrants(graph, limits, edges, pins, certificate),
  ];
  const weights = weightsStated(graph, plan);
  let primal = 0;
  for (const edge of edges) primal += weights[edge]!;
  if (primal !== certificate.primal) {
    violations.push({ reason: "PRIMAL_WRONG", primal, stated: certificate.primal });
  }
  const dual = Math.floor(dualOf(graph, plan, weights, pins, certificate, limits) + ROUNDING);
  if (!(certificate.dual >= dual))
    violations.push({ reason: "DUAL_TOO_LOW", dual, stated: certificate.dual });
  const exact = certificate.dual === certificate.primal;
  const gap = exact ? 0 : (certificate.dual - certificate.primal) / certificate.dual;
  if (gap !== certificate.gap || certificate.exact !== exact) {
    violations.push({ reason: "GAP_WRONG", gap, stated: certificate.gap });
  }
  return violations;
}

/**
 * Units that shares are said to have been granted narrow what the bound is over: they must be promised by the plan beyond what pins
 * give, and given by this assignment.
 */
function invalidGrants(
  graph: SparseGraph,
  limits: readonly StatedLimit[],
  edges: Uint32Array,
  pins: ReadonlySet<number>,
  { granted = [] }: SolutionCertificate,
): CertificateViolation[] {
  const violations: CertificateViolation[] = [];
  for (let at = 0; at < granted.length; at++) {
    let [pinned, given] = [0, 0];
    for (const edge of edges) {
      if (limits[at]?.counts(edge) !== true) continue;
      if (pins.has(edge)) pinned += unitsCarried(graph, edge);
      else given += unitsCarried(graph, edge);
    }
    const most = Math.min(given, Math.max(0, (limits[at]?.unitsMin ?? 0) - pinned));
    if (granted[at]! >= 0 && granted[at]! <= most) continue;
    violations.push({ reason: "GRANT_INVALID", limit: at, granted: granted[at]!, most });
  }
  return violations;
}

function invalidPrices(graph: SparseGraph, certificate: SolutionCertificate): CertificateViolation[] {
  const violations: CertificateViolation[] = [];
  for (const [position, units] of graph.supplyCapacity.entries()) {
    const price = certificate.supplyPrices[position]!;
    const free = units !== UNLIMITED || price === 0;
    if (!(price >= 0 && free)) violations.push({ reason: "PRICE_INVALID", of: "supply", position, price });
  }
  for (const position of graph.demandCapacity.keys()) {
    const price = certificate.demandPrices[position]!;
    if (!(price >= 0)) violations.push({ reason: "PRICE_INVALID", of: "demand", position, price });
  }
  return violations;
}

/** What the prices prove: pins as they are, every other unit at its price, every other pair by what it is worth above its prices. */
function dualOf(
  graph: SparseGraph,
  plan: AllocationPlan,
  weights: Int32Array,
  pins: ReadonlySet<number>,
  certificate: SolutionCertificate,
  limits: readonly StatedLimit[],
): number {
  const { demandPrices, supplyPrices, limitPrices = [], granted = [] } = certificate;
  const unitsOf = (edge: number): number => unitsCarried(graph, edge);
  const out = excludedPairs(plan);

  const priceOf = (edge: number): number =>
    limits.reduce(
      (price, limit, at) => price + (limit.counts(edge) ? limitPrices[at]! : 0),
      demandPrices[graph.demands[edge]!]! + supplyPrices[graph.supplies[edge]!]!,
    );
  let dual = 0;
  for (const [demand, units] of graph.demandCapacity.entries()) dual += units * demandPrices[demand]!;
  for (const [supply, units] of graph.supplyCapacity.entries()) {
    if (supplyPrices[supply]! > 0) dual += units * supplyPrices[supply]!;
  }
  for (const [at, { unitsMax }] of limits.entries()) {
    const price = limitPrices[at]!;
    if (price > 0) dual += price * unitsMax;
  }
  for (const pin of pins) dual += weights[pin]! - unitsOf(pin) * pricePaid(pin);
  for (const [at] of limits.entries()) {
    if (limitPrices[at]! < 0) dual += limitPrices[at]! * granted[at]!;
  }
  for (const edge of weights.keys()) {
    if (pins.has(edge) || weights[edge]! <= 0) continue;
    if (unitsOf(edge) === 0) continue;
    if (out.size > 0 && out.has(`${graph.demands[edge]}>${graph.supplies[edge]}`)) continue;
    dual += Math.max(0, weights[edge]! - unitsOf(edge) * priceOf(edge));
  }
  return dual;

  /** What a pin's units would have cost: they are not for sale any more, and only limits above 0 were counted in full. */
  function pricePaid(edge: number): number {
    const unlimited = graph.supplyCapacity[graph.supplies[edge]!] === UNLIMITED;
    return limits.reduce(
      (price, limit, at) => price + (limit.counts(edge) ? Math.max(0, limitPrices[at]!) : 0),
      demandPrices[graph.demands[edge]!]! + (unlimited ? 0 : supplyPrices[graph.supplies[edge]!]!),
    );
  }
}

function unitsCarried(graph: SparseGraph, edge: number): number {
  return graph.unitMode === "WHOLE" ? graph.demandCapacity[graph.demands[edge]!]! : 1;
}

function pinnedEdges(graph: SparseGraph, plan: AllocationPlan, edges: Uint32Array): Set<number> {
  const pins = new Set(plan.limits?.pins?.map(({ demand, supply }) => `${demand}>${supply}`));
  return new Set(
    Array.from(edges).filter((edge) => pins.has(`${graph.demands[edge]}>${graph.supplies[edge]}`)),
  );
}

function excludedPairs(plan: AllocationPlan): Set<string> {
  return new Set(plan.limits?.exclusions?.map(({ demand, supply }) => `${demand}>${supply}`));
}
