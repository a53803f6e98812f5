import { startTestIssuer, type TestIssuer } from "@marketmesh/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { start } from "../src/index.ts";
import { bindEcho } from "./echo.ts";

let issuer: TestIssuer;
beforeAll(async () => {
  issuer = await startTestIssuer();
});
afterAll(() => issuer?.close());

const startEcho = (env: Record<string, string> = {}) =>
  start("testing", bindEcho(), { MESH_IDENTITY_URL: issuer.url, ...env });

test("makes profiles on the metrics port alone, in bounded time", async () => {
  await using service = await startEcho({ PROFILING: "true" });
  const at = (path: string) => fetch(`${service.metricsUrl}/debug/${path}`);
  for (const seconds of ["0", "61", "1.5", "x"])
    expect((await at(`profile?seconds=${seconds}`)).status).toBe(400);
  const heap = (await (await at("heap?seconds=1")).json()) as { head: object; samples: object[] };
  expect(heap.head).toBeDefined();
  const profile = (await (await at("profile?seconds=1")).json()) as {
    nodes: object[];
    endTime: number;
    startTime: number;
  };
  expect(profile.nodes.length).toBeGreaterThan(1);
  expect(profile.endTime - profile.startTime).toBeLessThan(10_000_000);
  expect((await fetch(`${service.url}/debug/profile?seconds=1`)).status).toBe(404);
});

test("one profile is made at a time, and one whose reader left makes place for the next", async () => {
  await using service = await startEcho({ PROFILING: "true" });
  const leave = new AbortController();
  const first = fetch(`${service.metricsUrl}/debug/profile?seconds=60`, { signal: leave.signal });
  const busy = async () => (await fetch(`${service.metricsUrl}/debug/heap?seconds=1`)).status;
  await expect.poll(busy).toBe(409);
  leave.abort();
  await expect(first).rejects.toThrow();
  await expect.poll(busy, { timeout: 240_000 }).toBe(200);
});

test("makes none unless it is told to", async () => {
  await using service = await startEcho();
  expect((await fetch(`${service.metricsUrl}/debug/profile?seconds=1`)).status).toBe(404);
  expect((await fetch(`${service.metricsUrl}/debug/heap`)).status).toBe(404);
});
