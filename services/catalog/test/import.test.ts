import type { MessageInitShape } from "@bufbuild/protobuf";
import { Import_State, type ImportListingsRequestSchema, Listing_State, Side } from "@marketmesh/contracts/catalog/v1";
import { decodeRevision } from "@marketmesh/contracts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CatalogClient, type RunningCatalog, refusalOf, startCatalog } from "./start-catalog.ts";

type Message = MessageInitShape<typeof ImportListingsRequestSchema>;
type Row = NonNullable<Message["rows"]>[number];

let catalog: RunningCatalog;
let staff: CatalogClient;

const parent = "markets/berlin";
const kind = `${parent}/kinds/candidate`;
const importName = (id: string) => `${parent}/imports/${id}`;
const listingName = (id: string) => `${parent}/listings/${id}`;

const schema = {
  type: "object",
  required: ["skills"],
  properties: {
    skills: { type: "array", maxItems: 1000, items: { type: "string", maxLength: 200 } },
    years: { type: "number", minimum: 0, maximum: 60 },
  },
};

beforeAll(async () => {
  catalog = await startCatalog();
  staff = await catalog.staff("berlin");
  await Promise.all([
    staff.createKind({ parent, kindId: "candidate", kind: { side: Side.SUPPLY, schema } }),
    staff.createKind({ parent, kindId: "job", kind: { side: Side.DEMAND, schema } }),
  ]);
});
afterAll(() => catalog?.[Symbol.asyncDispose]());

const row = (listingId: string, skills: string[] = ["sql"], over: object = {}): Row => ({
  listingId,
  attributes: { skills },
  ...over,
});

async function open(importId: string, publish = true, client = staff) {
  await client.createImport({ parent, importId, import: { kind, publish } });
}

async function upload(importId: string, chunks: readonly Message[], client = staff) {
  async function* messages() {
    for (const [at, chunk] of chunks.entries()) yield at === 0 ? { import: importName(importId), ...chunk } : chunk;
  }
  return (await client.importListings(messages())).import;
}

describe("the speed of an import", () => {
  test("50,000 rows of nine skills", async () => {
    await open("speed");
    const words = Array.from({ length: 2_000 }, (_, at) => `skill ${at}`);
    const started = performance.now();
    async function* messages() {
      for (let first = 1; first <= 50_000; first += 1_000) {
        const rows = Array.from({ length: 1_000 }, (_, at) => {
          const n = first + at;
          return row(`s${n}`, Array.from({ length: 9 }, (_, i) => words[(n * 31 + i * 97) % 2_000] as string));
        });
        yield { import: importName("speed"), firstRow: BigInt(first), rows, complete: first > 49_000 };
      }
    }
    const answer = (await staff.importListings(messages())).import;
    const ms = performance.now() - started;
    console.log(`import ${Math.round(50_000_000 / ms)} rows/s in ${Math.round(ms)} ms`);
    expect(answer).toMatchObject({ createdCount: 50_000n, acknowledgedRow: 50_000n, state: Import_State.COMPLETE });
  }, 60_000);
});
