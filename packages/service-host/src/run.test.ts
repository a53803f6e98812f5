import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { healthcheck } from "./healthcheck.ts";
import { migrateService } from "./migrate.ts";
import { run } from "./run.ts";

const program = { bind: () => Promise.reject(new Error("nothing is bound here")) };
let server: Server | undefined;

afterEach(() => {
  process.exitCode = undefined;
  vi.restoreAllMocks();
  server?.closeAllConnections();
  server?.close();
});

test.each([[["dance"]], [["migrate", "twice"]], [["constructor"]]])(
  "refuses %j with what there is",
  async (args) => {
    const said = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    await run("catalog", program, args);
    expect(said.mock.calls.join("")).toBe(
      `catalog: there is no command "${args.join(" ")}"; there are serve, migrate, healthcheck (without one it serves)\n`,
    );
    expect(process.exitCode).toBe(2);
  },
);

test("migrating names what the environment lacks, and fails", async () => {
  const lines: string[] = [];
  const migrations = new URL("./nowhere/", import.meta.url);
  await migrateService("catalog", { ...program, migrations }, {}, (line) => lines.push(line));
  expect(JSON.parse(lines[0]!).msg).toMatch(
    /^configuration: DATABASE_URL is required[\s\S]*DATABASE_MIGRATOR_URL is/,
  );
  expect(process.exitCode).toBe(1);
});

test.each([
  ["SERVING", 0],
  ["NOT_SERVING", 1],
])("a service that answers %s ends the health check with %i", async (status, exitCode) => {
  server = createServer((request, response) => {
    const asked = request.method === "POST" && request.url === "/grpc.health.v1.Health/Check";
    response.end(asked ? JSON.stringify({ status }) : "{}");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  await check((server.address() as AddressInfo).port, status);
  expect(process.exitCode).toBe(exitCode);
});

test("nobody there, or nobody who knows of health, is not healthy", async () => {
  await check(1, "ECONNREFUSED");
  expect(process.exitCode).toBe(1);
  process.exitCode = undefined;
  server = createServer((_, response) => response.end("<html>")).listen(0, "127.0.0.1");
  await once(server, "listening");
  await check((server.address() as AddressInfo).port, "UNKNOWN");
  expect(process.exitCode).toBe(1);
});

/** Asks as a container does whose service listens on every address. */
async function check(port: number, says: string): Promise<void> {
  const said = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  await healthcheck({ HOST: "0.0.0.0", PORT: String(port) });
  expect(said.mock.calls.join("")).toContain(says);
  said.mockRestore();
}
