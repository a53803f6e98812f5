import { Code, ConnectError } from "@connectrpc/connect";
import { createLogger, createMetrics, createTelemetry } from "@marketmesh/telemetry";
import { expect, test } from "vitest";
import { type Attempts, bindPatiently, NotYetError } from "./bind-patiently.ts";
import type { BoundHost } from "./bound-host.ts";

function trial() {
  const lines: string[] = [];
  const log = createLogger({
    service: "t",
    level: "info",
    write: (l) => lines.push(l),
    now: () => new Date(0),
  });
  const seen: string[] = [];
  let made = 0;
  const attempts: Attempts = {
    next() {
      made += 1;
      seen.push(`make ${made}`);
      const telemetry = createTelemetry("t", log, createMetrics());
      return { host: { name: String(made) }, telemetry, url: "http://t" } as unknown as BoundHost;
    },
    discard: async (bound) => void seen.push(`discard ${bound.host.name}`),
  };
  return { lines, attempts, seen };
}

test("binds on a fresh host until what was away is there, and says once what it waits for", async () => {
  const { lines, attempts, seen } = trial();
  const away = [
    new ConnectError("the database is unavailable", Code.Unavailable),
    new ConnectError("the database is unavailable", Code.Unavailable),
    Object.assign(new Error("no such database"), { code: "3D000" }),
    new NotYetError("not migrated"),
  ];
  const bind = () => {
    const cause = away.shift();
    if (cause) throw cause;
  };
  const bound = await bindPatiently(bind, attempts, () => 0);
  expect(bound.host.name).toBe("5");
  expect(seen.filter((step) => step.startsWith("discard"))).toEqual([
    "discard 1",
    "discard 2",
    "discard 3",
    "discard 4",
  ]);
  expect(lines.map((line) => JSON.parse(line).for)).toEqual([
    "[unavailable] the database is unavailable",
    "no such database",
    "not migrated",
  ]);
});

test.each([
  ["a fault of ours", new TypeError("x is not a function")],
  ["a refusal", new ConnectError("no", Code.PermissionDenied)],
])("does not repeat %s, and leaves nothing behind", async (_, cause) => {
  const { attempts, seen } = trial();
  const bind = () => {
    throw cause;
  };
  await expect(bindPatiently(bind, attempts, () => 0)).rejects.toBe(cause);
  expect(seen).toEqual(["make 1", "discard 1"]);
});
