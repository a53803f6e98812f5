import { getOption, hasOption } from "@bufbuild/protobuf";
import { policy } from "@marketmesh/contracts/options/v1";
import { registry } from "@marketmesh/contracts/registry";
import { holds } from "@marketmesh/rpc";
import { describe, expect, test } from "vitest";
import { roleOf, roles } from "./roles.ts";

const services = [...registry].filter((desc) => desc.kind === "service");
const used = new Set(
  services
    .flatMap((service) => service.methods)
    .flatMap((method) => (hasOption(method, policy) ? [getOption(method, policy).permission] : []))
    .filter((permission) => permission !== ""),
);

describe("the table of roles", () => {
  test("knows the contracts of all services", () => {
    for (const service of [
      "identity",
      "catalog",
      "eligibility",
      "scoring",
      "allocation",
      "fulfillment",
      "events",
    ]) {
      expect([...used].some((permission) => permission.startsWith(`${service}.`))).toBe(true);
    }
  });

  test.each(roles)("role $id names only permissions that a method requires", ({ permissions }) => {
    for (const permission of permissions) {
      const prefix = permission.slice(0, -1);
      const known = permission.endsWith("*")
        ? [...used].some((one) => one.startsWith(prefix))
        : used.has(permission);
      expect({ permission, known }).toEqual({ permission, known: true });
    }
    expect([...permissions].sort()).toEqual(permissions);
  });

  test("gives the operator everything", () => {
    for (const permission of used)
      expect(holds(roleOf("operator")?.permissions ?? [], permission)).toBe(true);
  });

  test.each([
    ["marketAdmin", "identity.partyKeys.read", false],
    ["marketAdmin", "identity.markets.create", false],
    ["marketAdmin", "events.feeds.read", false],
    ["marketAdmin", "identity.tokens.delegate", true],
    ["marketReader", "identity.partyKeys.read", false],
    ["marketReader", "catalog.listings.read", true],
    ["party", "catalog.listings.create", true],
    ["party", "allocation.offers.answer", true],
    ["party", "allocation.decisions.create", false],
    ["party", "allocation.decisions.export", false],
    ["party", "allocation.decisions.replay", false],
    ["party", "allocation.explanations.read", true],
    ["marketReader", "allocation.decisions.replay", false],
    ["marketReader", "allocation.decisions.export", true],
    ["party", "identity.tokens.delegate", false],
    ["party", "allocation.capacity.read", true],
    ["party", "allocation.capacity.adjust", false],
    ["party", "allocation.capacity.export", false],
    ["party", "catalog.listings.export", true],
    ["party", "catalog.listings.import", true],
    ["party", "catalog.personalData.read", false],
    ["party", "eligibility.verdicts.read", true],
    ["party", "scoring.scores.read", false],
    ["party", "fulfillment.tasks.complete", true],
    ["party", "fulfillment.tasks.create", false],
    ["party", "fulfillment.runs.read", false],
    ["marketReader", "fulfillment.tasks.complete", false],
    ["service", "fulfillment.workflows.create", false],
    ["service", "allocation.rounds.create", true],
    ["service", "identity.partyKeys.read", true],
    ["service", "identity.parties.erase", false],
    ["service", "identity.tokens.delegate", false],
  ])("%s and %s: %s", (role, permission, expected) => {
    expect(holds(roleOf(role)?.permissions ?? [], permission)).toBe(expected);
  });

  test("lets readers change nothing: what they hold ends in read or export", () => {
    for (const permission of roleOf("marketReader")?.permissions ?? [])
      expect(permission).toMatch(/\.(read|export)$/);
  });
});
