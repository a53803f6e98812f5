import { isResourceId } from "@marketmesh/contracts";
import { expect, test } from "vitest";
import { requestIdOf, runIdOf, taskIdOf } from "./run-id.ts";

test("a run's id is made of its workflow and its subject, the same every time", () => {
  expect(runIdOf("sale", "markets/a/allocations/x1")).toBe("sale-x1");
  const long = runIdOf("w".repeat(60), "markets/a/allocations/x1");
  expect(isResourceId(long)).toBe(true);
  expect(runIdOf("w".repeat(60), "markets/a/allocations/x1")).toBe(long);
  expect(runIdOf("w".repeat(60), "markets/a/allocations/x2")).not.toBe(long);
  expect(isResourceId(runIdOf("sale", "no resource/ name?"))).toBe(true);
});

test("request and task ids are UUIDs that tell market, run and effect apart", () => {
  const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  const ids = [
    requestIdOf("m", "r", "e#1"),
    requestIdOf("m", "r", "e#2"),
    requestIdOf("n", "r", "e#1"),
    taskIdOf("m", "r", "e#1"),
  ];
  for (const id of ids) expect(id).toMatch(uuid);
  expect(new Set(ids).size).toBe(4);
});
