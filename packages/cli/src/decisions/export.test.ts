import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { createClient, createRouterTransport } from "@connectrpc/connect";
import { DuckDBInstance } from "@duckdb/node-api";
import {
  Decision_Result,
  DecisionRecordSchema,
  DecisionService,
  Hold_State,
  Offer_State,
} from "@marketmesh/contracts/allocation/v1";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ndjson } from "../ndjson.ts";
import { exportRecords } from "./export-records.ts";
import { writeNdjson } from "./ndjson-file.ts";
import { columns, writeParquet } from "./parquet.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "marketmesh-export-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const record = (number: number) =>
  create(DecisionRecordSchema, {
    decision: `markets/m/decisions/d${number}`,
    recordTime: timestampFromMs(1_700_000_000_123 + number),
    decisionTime: timestampFromMs(1_600_000_000_000),
    demand: `markets/m/listings/größe "${number}"\\`,
    planVersion: 3n,
    feedSeq: 2n ** 40n,
    openUnits: BigInt(number),
    result: Decision_Result.PARTLY_HELD,
    strategy: "OPTIMAL",
    // Half of them prove something.
    ...(number % 2 === 0 && { primal: 1.5, dual: 2 }),
    pairs: Array.from({ length: number % 3 }, (_, at) => ({
      supply: `markets/m/listings/s${at}`,
      demandScore: -7 * at,
      chosen: true,
      units: 1n,
      holdState: Hold_State.RELEASED,
      offerState: Offer_State.DECLINED,
      ...(at === 0 && { answerTime: timestampFromMs(1_650_000_000_000) }),
      declineReason: "PRICE",
    })),
  });

const asked: unknown[] = [];
const transport = createRouterTransport(({ service }) =>
  service(DecisionService, {
    exportDecisions: async function* (request) {
      asked.push(request.parent);
      yield { records: [1, 2, 3].map(record) };
      yield { records: [4, 5].map(record) };
    },
  }),
);
const mesh = { decisions: createClient(DecisionService, transport) };
const records = () => exportRecords(mesh, { market: "m", considered: false });

test("a line of NDJSON is a record, with words and numbers as they are", async () => {
  const lines: Record<string, unknown>[] = [];
  for await (const line of ndjson(records())) lines.push(JSON.parse(line));
  expect(asked).toEqual(["markets/m"]);
  expect(lines.map(({ decision }) => decision)).toEqual(
    [1, 2, 3, 4, 5].map((n) => `markets/m/decisions/d${n}`),
  );
  expect(Object.keys(lines[0]!)).toEqual(Object.keys(columns));
  expect(lines[0]).toMatchObject({
    result: "PARTLY_HELD",
    planVersion: 3,
    feedSeq: 2 ** 40,
    primal: null,
    round: "",
  });
  expect(lines[1]).toMatchObject({ primal: 1.5, dual: 2 });
  expect(lines[1]!.pairs).toMatchObject([
    { units: 1, holdState: "RELEASED", offerState: "DECLINED", declineReason: "PRICE", demandScore: 0 },
    { demandScore: -7 },
  ]);
});

test("Parquet holds the same rows, one by one", async () => {
  const out = join(folder, "log of 'm'.parquet");
  await writeParquet(records(), out);
  expect(readFileSync(out).subarray(0, 4).toString()).toBe("PAR1");
  const expected: Record<string, unknown>[] = [];
  for await (const each of records()) expected.push(each);
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const read = await connection.runAndReadAll(
    `select to_json(r)::varchar as json from read_parquet('${out.replaceAll("'", "''")}') r`,
  );
  const rows = read.getRowObjects().map(({ json }) => JSON.parse(String(json)));
  connection.closeSync();
  instance.closeSync();
  expect(rows.map(comparable)).toEqual(expected.map(comparable));
});

// DuckDB writes times in its own way, and leaves out no field of a pair.
function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value === "string" && /^\d{4}-\d\d-\d\d[T ]/.test(value))
    return Date.parse(`${value.replace(" ", "T")}`.replace(/\+00$/, "Z"));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, each]) => each !== null);
  return Object.fromEntries(entries.map(([key, each]) => [key, comparable(each)]));
}

test.each([
  { format: "parquet", write: writeParquet },
  { format: "ndjson", write: writeNdjson },
])("what cannot be written as $format leaves nothing that looks whole", async ({ format, write }) => {
  const out = join(folder, "gone", `log.${format}`);
  await expect(write(records(), out)).rejects.toThrow();
  async function* failing(): AsyncGenerator<unknown> {
    yield { decision: "one" };
    throw new Error("the stream broke");
  }
  const broken = join(folder, `broken.${format}`);
  await expect(write(failing(), broken)).rejects.toThrow("the stream broke");
  expect(readdirSync(folder).filter((name) => name.startsWith(`broken.${format}`))).toEqual([]);
  // What was there before stays.
  writeFileSync(broken, "of yesterday");
  await expect(write(failing(), broken)).rejects.toThrow("the stream broke");
  expect(readFileSync(broken, "utf8")).toBe("of yesterday");
  await write(records(), broken);
  expect(readFileSync(broken).length).toBeGreaterThan(500);
  expect(readdirSync(folder).filter((name) => name.startsWith(`broken.${format}`))).toEqual([
    `broken.${format}`,
  ]);
});

test("what is no file is written as it is, and a link leads where it did", async () => {
  const told = join(folder, "told.ndjson");
  const link = join(folder, "link.ndjson");
  writeFileSync(told, "");
  symlinkSync(told, link);
  await writeNdjson(records(), link);
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect(readFileSync(told, "utf8").split("\n")).toHaveLength(6);
  await writeNdjson(records(), "/dev/null");
  expect(statSync("/dev/null").isFile()).toBe(false);
});
