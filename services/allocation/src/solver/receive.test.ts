import { create } from "@bufbuild/protobuf";
import { SolveEdgesSchema, SolveNodesSchema, SolvePlanSchema } from "@marketmesh/contracts/allocation/v1";
import { infoOf } from "@marketmesh/rpc";
import { expect, test } from "vitest";
import { Budget, solverLimits } from "./columns.ts";
import { Receiver } from "./receive.ts";

const bytes = (...numbers: number[]) => new Uint8Array(Int32Array.from(numbers).buffer);
const nodes = (...capacities: number[]) => create(SolveNodesSchema, { capacities: bytes(...capacities) });

function reasonOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    const info = infoOf(error);
    return `${info?.reason} ${Object.keys(info?.metadata ?? {})}`;
  }
  return "was not refused";
}

test("joins chunks in the order in which they come", () => {
  const receiver = new Receiver(create(SolvePlanSchema));
  receiver.edges(
    create(SolveEdgesSchema, { demands: bytes(1), supplies: bytes(0), demandScores: bytes(-5) }),
  );
  receiver.demands(nodes(1, 2));
  receiver.supplies(nodes(3));
  receiver.demands(nodes(4));
  receiver.edges(create(SolveEdgesSchema, { demands: bytes(2), supplies: bytes(0), demandScores: bytes(6) }));
  expect(receiver.counts).toEqual({ demandCount: 3, supplyCount: 1, edgeCount: 2 });
  const whole = receiver.whole();
  expect(Array.from(whole.demands.capacities)).toEqual([1, 2, 4]);
  expect(Array.from(whole.edgeDemands)).toEqual([1, 2]);
  expect(Array.from(whole.demandScores)).toEqual([-5, 6]);
  expect(whole.supplyScores).toBe(whole.demandScores);
});

test("takes as many demands and supplies as it may, and not one more", () => {
  const receiver = new Receiver(create(SolvePlanSchema));
  receiver.demands(create(SolveNodesSchema, { capacities: new Uint8Array(4 * (solverLimits.nodesMax - 1)) }));
  receiver.supplies(nodes(1));
  expect(reasonOf(() => receiver.supplies(nodes(1)))).toBe("GRAPH_TOO_LARGE nodesMax");
});

test("refuses pairs past the limit before it keeps them", () => {
  const receiver = new Receiver(create(SolvePlanSchema));
  const demands = new Uint8Array(4 * (solverLimits.edgesMax + 1));
  const chunk = create(SolveEdgesSchema, { demands, supplies: bytes(), demandScores: bytes() });
  expect(reasonOf(() => receiver.edges(chunk))).toBe("GRAPH_TOO_LARGE edgesMax");
});

test("counts the bytes of all columns together", () => {
  const budget = new Budget();
  budget.add(solverLimits.bytesMax);
  expect(reasonOf(() => budget.add(1))).toBe("GRAPH_TOO_LARGE bytesMax");
});

test("refuses a column that is in some chunks only", () => {
  const receiver = new Receiver(create(SolvePlanSchema));
  receiver.demands(nodes(1));
  receiver.supplies(create(SolveNodesSchema, { capacities: bytes(1), outsideOptions: bytes(9) }));
  receiver.supplies(nodes(1));
  expect(reasonOf(() => receiver.whole())).toBe("GRAPH_INVALID cause");
});

test("refuses waiting times of supplies and groupings of the other side", () => {
  const receiver = new Receiver(create(SolvePlanSchema));
  const waiting = create(SolveNodesSchema, { capacities: bytes(1), waitingSeconds: bytes(1) });
  expect(reasonOf(() => receiver.supplies(waiting))).toMatch(/^VALIDATION_FAILED/);
  const groups = [{ grouping: "demand/x", positions: bytes(0) }];
  const grouped = create(SolveNodesSchema, { capacities: bytes(1), groups });
  expect(reasonOf(() => receiver.supplies(grouped))).toMatch(/^VALIDATION_FAILED/);
});
