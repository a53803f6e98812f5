import type { Assignment } from "../assignment.ts";
import { type SparseGraph, UNLIMITED } from "../graph.ts";
import type { CertificateViolation } from "../limits/verify-solution.ts";
import { type Violation, verifyAssignment } from "../verify.ts";
import type { Certificate } from "./certificate.ts";

/**
 * Checks an assignment and its certificate from graph and weights alone: capacities hold, the total is as stated, and the
 * prices prove the bound by weak duality (any prices of 0 or more do). Shares no code with the solvers. Empty: it holds.
 */
export function verifyCertificate(
  graph: SparseGraph,
  weights: Int32Array,
  assignment: Assignment,
  certificate: Certificate,
): (Violation | CertificateViolation)[] {
  const violations = [
    ...verifyAssignment(graph, assignment),
    ...invalidPrices("demand", graph.demandCapacity.length, certificate.demandPrices),
    ...invalidPrices("supply", graph.supplyCapacity.length, certificate.supplyPrices),
  ];
  if (violations.length > 0) return violations;
  return wrongValues(graph, weights, assignment, certificate);
}

function invalidPrices(side: string, count: number, prices: Int32Array): CertificateViolation[] {
  const violations: CertificateViolation[] = [];
  for (let position = 0; position < Math.max(count, prices.length); position++) {
    const price = prices[position] ?? Number.NaN;
    if (position < count && price >= 0 && Number.isInteger(price)) continue;
    violations.push({ reason: "PRICE_INVALID", of: side, position, price });
  }
  return violations;
}

function wrongValues(
  graph: SparseGraph,
  weights: Int32Array,
  { edges }: Assignment,
  { primal, dual, gap, exact, demandPrices, supplyPrices }: Certificate,
): CertificateViolation[] {
  const violations: CertificateViolation[] = [];
  const worth = edges.reduce((sum, edge) => sum + weights[edge]!, 0);
  const bound = boundOf(graph, weights, demandPrices, supplyPrices);
  if (worth !== primal) violations.push({ reason: "PRIMAL_WRONG", primal: worth, stated: primal });
  if (!(bound <= dual)) violations.push({ reason: "DUAL_TOO_LOW", dual: bound, stated: dual });
  const share = dual === primal ? 0 : (dual - primal) / dual;
  if (share !== gap || exact !== (dual === primal)) {
    violations.push({ reason: "GAP_WRONG", gap: share, stated: gap });
  }
  return violations;
}

/** Units at their prices, and what each pair is worth above the prices of its two units. */
function boundOf(
  graph: SparseGraph,
  weights: Int32Array,
  demandPrices: Int32Array,
  supplyPrices: Int32Array,
): number {
  let bound = 0;
  for (const [supply, capacity] of graph.supplyCapacity.entries()) {
    const price = supplyPrices[supply]!;
    if (price > 0) bound += capacity === UNLIMITED ? Number.POSITIVE_INFINITY : capacity * price;
  }
  for (const [demand, capacity] of graph.demandCapacity.entries()) {
    const price = demandPrices[demand]!;
    bound += capacity * price;
    const last = graph.offsets[demand + 1]!;
    for (let edge = graph.offsets[demand]!; edge < last; edge++) {
      bound += Math.max(0, weights[edge]! - price - supplyPrices[graph.supplies[edge]!]!);
    }
  }
  return bound;
}
