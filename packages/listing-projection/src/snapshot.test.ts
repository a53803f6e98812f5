import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { ExportListingsResponseSchema } from "@marketmesh/contracts/catalog/v1";
import { expect, test } from "vitest";
import { type Catalog, readSnapshot } from "./snapshot.ts";

const standsAt = create(ExportListingsResponseSchema, {
  part: { case: "snapshot", value: { feed: "listing", feedEpoch: 2n, feedSeq: 5n } },
});

function failing(parts: readonly (typeof standsAt)[], code: Code): Catalog {
  return {
    async *exportListings() {
      yield* parts;
      throw new ConnectError("no", code);
    },
    getKind: () => Promise.reject(new Error("nobody asks")),
  };
}

const read = (catalog: Catalog) =>
  readSnapshot(catalog, { parent: "markets/berlin", kind: "x" }, new AbortController().signal);

test("a kind that is not there is missing at a position", async () => {
  const { position, kinds } = await read(failing([standsAt], Code.NotFound));
  expect(position).toEqual({ epoch: 2n, feedSeq: 5n });
  expect(kinds.size).toBe(0);
});

test("an export that fails is none, nor is a refusal that tells no position", async () => {
  await expect(read(failing([standsAt], Code.Unavailable))).rejects.toMatchObject({ code: Code.Unavailable });
  await expect(read(failing([], Code.NotFound))).rejects.toMatchObject({ code: Code.NotFound });
});
