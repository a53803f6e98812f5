import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { choosePorts, type PortBlock } from "./port-block.ts";

const stateDir = mkdtempSync(join(tmpdir(), "marketmesh-ports-"));
afterAll(() => rmSync(stateDir, { recursive: true }));

test("keeps its ports from start to start and moves on when one is taken", async () => {
  const first = await choosePorts(stateDir, ["a", "b"], {});
  expect(await choosePorts(stateDir, ["a", "b"], {})).toEqual(first);
  expect(new Set(portsOf(first)).size).toBe(6);
  await using _taken = await listen(first.services.get("b")!.metricsPort);
  const second = await choosePorts(stateDir, ["a", "b"], {});
  expect(portsOf(second).filter((port) => portsOf(first).includes(port))).toEqual([]);
});

test("a configured block is taken as it is or refused", async () => {
  const { postgres } = await choosePorts(stateDir, ["a"], {});
  const env = { MARKETMESH_PORT_BASE: String(postgres) };
  expect((await choosePorts(stateDir, ["a"], env)).postgres).toBe(postgres);
  await using _taken = await listen(postgres + 1);
  await expect(choosePorts(stateDir, ["a"], env)).rejects.toMatchObject({
    code: "PORT_TAKEN",
    message: expect.stringContaining(`port ${postgres + 1} of 127.0.0.1, meant for nats-server`),
  });
  for (const bad of ["80", "x", "65530"]) {
    const refused = choosePorts(stateDir, ["a"], { MARKETMESH_PORT_BASE: bad });
    await expect(refused).rejects.toMatchObject({ code: "PORT_BASE_INVALID" });
  }
});

function portsOf(block: PortBlock): number[] {
  return [
    block.postgres,
    block.nats,
    ...[...block.services.values()].flatMap((one) => [one.port, one.metricsPort]),
  ];
}

async function listen(port: number): Promise<AsyncDisposable> {
  const server = createServer();
  await new Promise<void>((resolve, reject) =>
    server.once("error", reject).listen(port, "127.0.0.1", resolve),
  );
  return server;
}
