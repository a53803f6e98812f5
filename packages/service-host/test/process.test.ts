import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { EchoService } from "@marketmesh/contracts/testing/v1";
import { expect, test } from "vitest";

interface Line {
  readonly level: string;
  readonly msg: string;
  readonly url?: string;
}

function launch(env: Record<string, string> = {}) {
  const child: ChildProcess = spawn(process.execPath, [`${import.meta.dirname}/process-service.ts`], {
    env: { PORT: "0", METRICS_PORT: "0", MESH_IDENTITY_URL: "http://127.0.0.1:1", ...env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines: Line[] = [];
  const waiting: { msg: string; resolve: (line: Line) => void }[] = [];
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on("line", (text) => {
    const line: Line = JSON.parse(text);
    lines.push(line);
    for (const each of waiting) if (each.msg === line.msg) each.resolve(line);
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const said = (msg: string) =>
    new Promise<Line>((resolve) => {
      const found = lines.find((line) => line.msg === msg);
      if (found) resolve(found);
      else waiting.push({ msg, resolve });
    });
  return { child, lines, ended, said };
}

test.each([
  ["SIGTERM", (child: ChildProcess) => child.kill("SIGTERM"), {}],
  ["the end of its supervisor", (child: ChildProcess) => child.stdin?.end(), { MARKETMESH_SUPERVISED: "1" }],
])("%s lets a call in flight finish, then the process ends with status 0", async (_, stop, env) => {
  const { child, ended, said, lines } = launch(env);
  const { url = "" } = await said("listening");
  const client = createClient(EchoService, createConnectTransport({ httpVersion: "2", baseUrl: url }));
  const call = client.echoPublic({ text: "still here" });
  await said("slow call begins");
  stop(child);
  expect(await call).toMatchObject({ text: "still here" });
  expect(await ended).toBe(0);
  expect(lines.at(-1)?.msg).toBe("stopped");
  expect(JSON.stringify(lines)).not.toContain("Bearer abc");
});

test("a bind that fails ends the process with status 1 and says why", async () => {
  const { ended, lines } = launch({ TEST_FAIL: "1" });
  expect(await ended).toBe(1);
  expect(lines.at(-1)).toMatchObject({
    level: "error",
    msg: "start failed",
    cause: { message: "no luck today" },
  });
});

test("a mistake in the environment ends the process with status 1 and names the key", async () => {
  const { ended, lines } = launch({ PORT: "eighty" });
  expect(await ended).toBe(1);
  expect(lines.at(-1)?.msg).toBe('configuration: PORT="eighty": must be a whole number from 0 to 65535');
});

test("SIGTERM ends a process at once that waits for its database", async () => {
  const nowhere = "postgres://nobody@127.0.0.1:1/nothing";
  const { child, ended, said } = launch({ DATABASE_URL: nowhere, DATABASE_BACKGROUND_URL: nowhere });
  await said("waiting to start");
  const askedMs = performance.now();
  child.kill("SIGTERM");
  expect(await ended).toBe(0);
  expect(performance.now() - askedMs).toBeLessThan(10_000);
});
