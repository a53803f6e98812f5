import { create } from "@bufbuild/protobuf";
import type { ConnectError } from "@connectrpc/connect";
import { GetKindResponseSchema, Side } from "@marketmesh/contracts/catalog/v1";
import { infoOf } from "@marketmesh/rpc";
import { expect, test } from "vitest";
import { readKinds } from "./kinds-of-both-sides.ts";

const names = { supplyKind: "markets/berlin/kinds/tool", demandKind: "markets/berlin/kinds/want" };
const wanted = { market: "berlin", field: "policy" };
const never = new AbortController().signal;
const catalog = {
  getKind: async ({ name = "" }) => {
    const side = name === names.supplyKind ? Side.SUPPLY : Side.DEMAND;
    return create(GetKindResponseSchema, {
      kind: { name, side, version: 3n, schema: { type: "object", properties: {} } },
    });
  },
};

async function refusedField(of: typeof names): Promise<unknown> {
  const error = await readKinds(catalog, wanted, of, never).catch((cause: unknown) => cause);
  return infoOf(error as ConnectError)?.metadata.field;
}

test("both kinds are read, and one that cannot be is named by its field", async () => {
  const { supply, demand } = await readKinds(catalog, wanted, names, never);
  expect([supply.name, demand.name, supply.version]).toEqual([names.supplyKind, names.demandKind, 3n]);
  expect(await refusedField({ ...names, demandKind: names.supplyKind })).toBe("policy.demand_kind");
  expect(await refusedField({ ...names, supplyKind: names.demandKind })).toBe("policy.supply_kind");
  expect(await refusedField({ ...names, supplyKind: "markets/rome/kinds/tool" })).toBe("policy.supply_kind");
});
