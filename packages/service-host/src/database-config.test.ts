import { expect, test } from "vitest";
import { readConfig } from "./config.ts";
import { replicaUrl } from "./database-config.ts";

const spec = { readUrl: replicaUrl({ env: "DATABASE_READ_URL", doc: "A replica." }) };
const read = (url?: string) => readConfig(spec, url === undefined ? {} : { DATABASE_READ_URL: url }).readUrl;

test("the hosts of a replica are checked at the start, and never quoted", () => {
  expect(read()).toBeUndefined();
  expect(read("postgres://replica:5432,other")).toBe("postgres://replica:5432,other");
  expect(() => read("replica:hunter2")).toThrow("DATABASE_READ_URL");
  expect(() => read("replica:hunter2")).not.toThrow("hunter2");
});
