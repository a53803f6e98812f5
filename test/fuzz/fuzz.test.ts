import { testDatabaseUrl } from "@marketmesh/testkit";
import { expect, it } from "vitest";
import { fuzz } from "./run.ts";

const requests = 20_000;
const seed = 1;
/** Beside all other tests, on a busy machine. */
const timeout = 60 * 60_000;

it(`${requests} requests made from the descriptors break no promise of any method`, { timeout }, async () => {
  const summary = await fuzz({
    seed,
    requests,
    checkout: process.cwd(),
    adminUrl: testDatabaseUrl(),
    say: () => {},
  });
  console.log(`fuzz: ${summary.line}`);
  expect(summary.findings, summary.findings.join("\n")).toEqual([]);
  expect(summary.requests).toBe(requests);
});
