import { expect, test } from "vitest";
import { named, serviceName, type Taken } from "./name.ts";

const taken: Taken = { services: ["catalog"], packages: ["rules"], contracts: ["catalog", "events"] };

test.each([
  ["reviews", undefined, { service: "reviews", resource: "review", resources: "reviews" }],
  ["disputes", "case", { service: "disputes", resource: "case", resources: "cases" }],
  ["policies", undefined, { service: "policies", resource: "policy", resources: "policies" }],
  ["messaging", undefined, { service: "messaging", resource: "note", resources: "notes" }],
  ["access", "pass", { service: "access", resource: "pass", resources: "passes" }],
])("names %s with resource %s", (service, resource, expected) => {
  expect(serviceName(service, resource, taken)).toEqual(expected);
});

test.each([
  ["", undefined, "SERVICE_NAME_INVALID"],
  ["ab", undefined, "SERVICE_NAME_INVALID"],
  ["Reviews", undefined, "SERVICE_NAME_INVALID"],
  ["my-reviews", undefined, "SERVICE_NAME_INVALID"],
  ["../etc", undefined, "SERVICE_NAME_INVALID"],
  ["a".repeat(21), undefined, "SERVICE_NAME_INVALID"],
  ["utils", undefined, "SERVICE_NAME_INVALID"],
  ["vendor", undefined, "SERVICE_NAME_INVALID"],
  ["catalog", undefined, "SERVICE_NAME_TAKEN"],
  ["events", undefined, "SERVICE_NAME_TAKEN"],
  ["rules", undefined, "SERVICE_NAME_TAKEN"],
  ["reviews", "item", "RESOURCE_NAME_INVALID"],
  ["reviews", "Review", "RESOURCE_NAME_INVALID"],
  ["orders", undefined, "RESOURCE_NAME_INVALID"],
  ["review", "review", "RESOURCE_NAME_INVALID"],
])("refuses %j with resource %j", (service, resource, code) => {
  expect(() => serviceName(service, resource, taken)).toThrow(expect.objectContaining({ code }));
});

test("names stand in a template in every form", () => {
  const name = { service: "policing", resource: "rule", resources: "rules" };
  expect(
    named("__Service__Service.get__Resource__ mm___service___app __RESOURCE___NOT_FOUND __resources__", name),
  ).toBe("PolicingService.getRule mm_policing_app RULE_NOT_FOUND rules");
});
