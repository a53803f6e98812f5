import type { DescService } from "@bufbuild/protobuf";
import { AllocationService } from "@marketmesh/contracts/allocation/v1";
import { EchoService } from "@marketmesh/contracts/testing/v1";
import { expect, test } from "vitest";
import { contractObjectives, objectivesOf } from "./objectives.ts";
import { slosOf } from "./slo.ts";

test("each method of a contract has its objectives, a stream none of latency", () => {
  const all = contractObjectives("allocation");
  expect(all).toContainEqual({
    service: "allocation",
    method: "marketmesh.allocation.v1.AllocationService/AllocateNow",
    latencyP99Ms: 200,
    availabilityMillionths: 999_000,
  });
  expect(all.some(({ method }) => method.endsWith("/WatchRound"))).toBe(false);
  const unary = AllocationService.methods.filter(({ methodKind }) => methodKind === "unary");
  const ofOne = all.filter(({ method }) => method.startsWith(`${AllocationService.typeName}/`));
  expect(ofOne).toHaveLength(unary.length);
  // A service process may serve more than one contract.
  expect(all.some(({ method }) => method.includes(".InventoryService/"))).toBe(true);
});

test("a stream with a latency objective is refused", () => {
  const asStream = EchoService.methods.map((method) =>
    method.name === "Echo" ? { ...method, methodKind: "server_streaming" } : method,
  );
  const service = { ...EchoService, methods: asStream } as unknown as DescService;
  expect(() => objectivesOf("testing", [service])).toThrow("is a stream");
});

test("methods are gathered by service and objective, and every promise is in exactly one SLO of its kind", () => {
  const objectives = [...contractObjectives("catalog"), ...contractObjectives("identity")];
  const slos = slosOf(objectives);
  expect(slos.map(({ id }) => id)).toEqual([
    "catalog-availability-99.9",
    "catalog-availability-99.95",
    "catalog-latency-99",
    "identity-availability-99.9",
    "identity-availability-99.95",
    "identity-latency-99",
  ]);
  for (const kind of ["availability", "latency"]) {
    const methods = slos.filter((slo) => slo.kind === kind).flatMap((slo) => slo.methods);
    expect(methods.map(({ method }) => method).sort()).toEqual(objectives.map(({ method }) => method).sort());
  }
});
