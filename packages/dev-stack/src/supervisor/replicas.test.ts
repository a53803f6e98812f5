import { expect, test } from "vitest";
import { parseReplicas, processNames } from "./replicas.ts";

test("reads how many processes a service has", () => {
  expect(parseReplicas("")).toEqual({});
  expect(parseReplicas("eligibility=2, scoring=3")).toEqual({ eligibility: 2, scoring: 3 });
  for (const text of ["eligibility", "eligibility=", "eligibility=22", "=2", "A=1"])
    expect(() => parseReplicas(text), text).toThrow("is not of the form");
});

test("the first process of a service has its name, the others a number", () => {
  expect([...processNames(["catalog", "scoring"], { scoring: 2 })]).toEqual([
    ["catalog", ["catalog"]],
    ["scoring", ["scoring", "scoring-2"]],
  ]);
  expect(() => processNames(["catalog"], { scoring: 2 })).toThrow("no service scoring");
  expect(() => processNames(["catalog"], { catalog: 0 })).toThrow("1 to 4");
  expect(() => processNames(["catalog"], { catalog: 5 })).toThrow("1 to 4");
});
