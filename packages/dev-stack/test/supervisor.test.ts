import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { isAlive } from "../src/process-identity.ts";
import { logs, status, stop } from "../src/supervisor/control.ts";
import { readState } from "../src/supervisor/mesh-state.ts";
import { newStateDir, removeStateDir, startSupervised } from "./fixtures/supervised.ts";

// One state folder for the file: its second and later starts are warm, as a laptop's are.
const stateDir = newStateDir();
afterAll(() => removeStateDir(stateDir));

test("starts, says where, and stops services before servers", async () => {
  const mesh = startSupervised(stateDir);
  await mesh.line("Ready in");
  expect(await mesh.line("Operator key, shown this once: ")).toMatch(/mmk_[\w-]{43}$/);
  const up = await status(stateDir);
  expect(up.phase).toBe("ready");
  expect(up.processes.map((one) => one.name).sort()).toEqual(
    ["identity", "nats", "nats-guard", "postgres", "postgres-guard", "probe"].sort(),
  );
  await expect.poll(readiness).toEqual({ identity: true, probe: true });

  const { processes } = readState(stateDir)!;
  expect(await stop(stateDir)).toBe(true);
  expect(await mesh.ended).toBe(0);
  expect(processes.filter(isAlive)).toEqual([]);
  expect((await status(stateDir)).phase).toBe("down");
  expect(await endOfService("probe")).toBeLessThanOrEqual(
    await shutdownOf("postgres", "fast shutdown request"),
  );
});

test("hands a service the whole contract and keeps secrets to the owner", async () => {
  const mesh = startSupervised(stateDir);
  await mesh.line("Ready in");
  const { endpoints } = readState(stateDir)!;
  const env = (await (await fetch(`${endpoints.identity}/env`)).json()) as Record<string, string>;
  expect(env).toMatchObject({
    HOST: "127.0.0.1",
    DATABASE_URL: expect.stringMatching(
      /^postgres:\/\/mm_identity_app:[^@]+@127\.0\.0\.1:\d+\/marketmesh_identity$/,
    ),
    DATABASE_BACKGROUND_URL: expect.stringContaining("mm_identity_background:"),
    DATABASE_MIGRATOR_URL: expect.stringContaining("mm_identity_owner:"),
    NATS_URL: expect.stringMatching(/^nats:\/\/127\.0\.0\.1:\d+$/),
    MESH_IDENTITY_URL: endpoints.identity,
    MESH_PROBE_URL: endpoints.probe,
    SERVICE_KEY: expect.stringMatching(/^mmk_[\w-]{43}$/),
    IDENTITY_MASTER_KEY: expect.stringMatching(/^[0-9a-f]{64}$/),
    MARKETMESH_SUPERVISED: "1",
  });
  const probe = (await (await fetch(`${endpoints.probe}/env`)).json()) as Record<string, string>;
  expect(probe.IDENTITY_MASTER_KEY).toBeUndefined();
  expect(probe.SERVICE_KEY).not.toBe(env.SERVICE_KEY);
  const bootstrap = JSON.parse(readFileSync(env.IDENTITY_BOOTSTRAP_FILE!, "utf8")) as { principal: string }[];
  expect(bootstrap.map((one) => one.principal)).toEqual([
    "serviceAccounts/operator",
    "serviceAccounts/identity",
    "serviceAccounts/probe",
  ]);
  for (const file of ["operator.key", "secrets.json", "identity-bootstrap.json"]) {
    expect(statSync(join(stateDir, file)).mode & 0o777, file).toBe(0o600);
  }
  mesh.child.kill("SIGINT");
  expect(await mesh.ended).toBe(0);
});

test("restarts a service that crashed and leaves the others alone", async () => {
  const mesh = startSupervised(stateDir);
  await mesh.line("Ready in");
  const before = await pids();
  await fetch(`${readState(stateDir)!.endpoints.probe}/crash`).catch(() => {});
  await mesh.line("probe ended (status 7); it is started again in 250 ms");
  await expect.poll(readiness).toEqual({ identity: true, probe: true });
  const after = await pids();
  expect(after.probe).not.toBe(before.probe);
  expect(after.identity).toBe(before.identity);
  await stop(stateDir);
});

test("leaves no process after kill -9, and a second start takes over", async () => {
  const killed = startSupervised(stateDir);
  await killed.line("Ready in");
  const { processes } = readState(stateDir)!;
  expect(processes.filter(isAlive)).toHaveLength(6);
  killed.child.kill("SIGKILL");
  // At once: the leftovers may still be ending.
  const second = startSupervised(stateDir);
  await second.line("Ready in");
  expect(processes.filter(isAlive)).toEqual([]);

  const third = startSupervised(stateDir);
  await third.line("ALREADY_RUNNING");
  expect(await third.ended).toBe(1);
  expect((await status(stateDir)).phase).toBe("ready");

  const { processes: left } = readState(stateDir)!;
  second.child.kill("SIGKILL");
  await expect.poll(() => left.filter(isAlive)).toEqual([]);
  expect((await status(stateDir)).phase).toBe("down");
});

test("runs a service as several processes, each known to all by its address", async () => {
  const mesh = startSupervised(stateDir, [], { MARKETMESH_REPLICAS: "probe=2" });
  await mesh.line("Ready in");
  const before = await status(stateDir);
  const second = before.processes.find(({ name }) => name === "probe-2")!;
  const { endpoints, addresses } = readState(stateDir)!;
  expect(endpoints.probe).toBe(`${addresses.probe},${addresses["probe-2"]}`);
  expect(second.url).toBe(addresses["probe-2"]);
  await expect.poll(readiness).toEqual({ identity: true, probe: true, "probe-2": true });
  const env = async (url: string) => (await (await fetch(`${url}/env`)).json()) as Record<string, string>;
  const both = await Promise.all([env(addresses.probe!), env(second.url!)]);
  for (const one of both) expect(one.MESH_PROBE_URL).toBe(endpoints.probe);
  expect(both[1]).toMatchObject({ DATABASE_URL: both[0]!.DATABASE_URL, SERVICE_KEY: both[0]!.SERVICE_KEY });

  process.kill(second.pid, "SIGKILL");
  await mesh.line("probe-2 ended (SIGKILL); it is started again in 250 ms");
  await expect.poll(async () => (await pids())["probe-2"]).not.toBe(second.pid);
  expect((await pids()).probe).toBe(before.processes.find(({ name }) => name === "probe")!.pid);
  await stop(stateDir);

  const refused = startSupervised(stateDir, [], { MARKETMESH_REPLICAS: "prob=2" });
  await refused.line("REPLICAS_INVALID: there is no service prob");
  expect(await refused.ended).toBe(1);
});

test("starts a killed Postgres again", async () => {
  const mesh = startSupervised(stateDir);
  await mesh.line("Ready in");
  const before = await pids();
  process.kill(before.postgres!, "SIGKILL");
  await mesh.line("postgres has ended; it is started again");
  await expect.poll(async () => (await pids()).postgres).not.toBe(before.postgres);
  await stop(stateDir);
  expect(await mesh.ended).toBe(0);
});

test("shows the last lines of a service that cannot start, and stops the rest", async () => {
  const mesh = startSupervised(stateDir, [], { PROBE_FAIL: "start" });
  expect(await mesh.ended).toBe(1);
  const text = mesh.output.join("\n");
  expect(text).toMatch(/SERVICE_FAILED: (probe|identity) ended 3 times, last with status 3/);
  expect(text).toMatch(/\| .* ERROR (probe|identity) .*no luck today/);
  expect(readState(stateDir)!.phase).toBe("stopped");
});

test("refuses an unknown flag and a taken port by name", async () => {
  const flag = startSupervised(stateDir, ["--sead", "1"]);
  await flag.line("FLAG_INVALID");
  expect(await flag.ended).toBe(1);

  const running = startSupervised(stateDir);
  await running.line("Ready in");
  const other = newStateDir();
  const base = String(Number(new URL(readState(stateDir)!.endpoints.identity!).port) - 10);
  const blocked = startSupervised(other, [], { MARKETMESH_PORT_BASE: base });
  expect(await blocked.line("PORT_TAKEN")).toContain(base);
  expect(await blocked.ended).toBe(1);
  // Without a wish for certain ports, the two run side by side.
  const beside = startSupervised(other, ["--exit"]);
  expect(await beside.ended).toBe(0);
  removeStateDir(other);
  await stop(stateDir);
});

test("hands the main job what was asked for, and exits by how it ended", async () => {
  const args = ["--exit", "--seed", "9", "--report", "r.json", "--export", "d", "--scenario", "/s.yaml"];
  const good = startSupervised(stateDir, args);
  const given = JSON.parse((await good.line("main job: ")).slice("main job: ".length));
  expect(given).toMatchObject({
    endpoints: readState(stateDir)!.endpoints,
    operatorKey: readFileSync(join(stateDir, "operator.key"), "utf8").trim(),
    stateDir,
    seed: 9,
    report: join(process.cwd(), "r.json"),
    exportDir: join(process.cwd(), "d"),
    scenario: "/s.yaml",
    readyMs: expect.any(Number),
  });
  const names = ["identity", "nats", "postgres", "probe", "supervisor"];
  if (process.platform === "linux") expect(Object.keys(given.peakRss).sort()).toEqual(names);
  expect(await good.ended).toBe(0);
  expect(await startSupervised(stateDir, ["--exit"], { PROBE_JOB: "fail" }).ended).toBe(1);

  const hanging = startSupervised(stateDir, ["--exit"], { PROBE_JOB: "hang" });
  await hanging.line("main job: ");
  hanging.child.kill("SIGTERM");
  expect(await hanging.ended).toBe(130);
});

test("shows a log in readable lines and names the logs there are", async () => {
  const lines: string[] = [];
  for await (const line of logs("probe", { stateDir, linesMax: 5 })) lines.push(line);
  expect(lines.at(-1)).toMatch(/^\d\d:\d\d:\d\d\.\d{3} INFO {2}probe +probe ends: SIGTERM$/);
  await expect(logs("../secrets", { stateDir }).next()).rejects.toMatchObject({ code: "LOG_NOT_FOUND" });
});

/** What each service answers within the second that `status` gives it, which may be too little on a busy machine. */
async function readiness(): Promise<Record<string, boolean | undefined>> {
  const services = (await status(stateDir)).processes.filter(({ url }) => url);
  return Object.fromEntries(services.map(({ name, ready }) => [name, ready]));
}

async function pids(): Promise<Record<string, number>> {
  const { processes } = await status(stateDir);
  return Object.fromEntries(processes.map((one) => [one.name, one.pid]));
}

async function endOfService(name: string): Promise<number> {
  const line = readFileSync(join(stateDir, "logs", `${name}.log`), "utf8")
    .trim()
    .split("\n")
    .at(-1)!;
  const { msg, time } = JSON.parse(line) as { msg: string; time: string };
  expect(msg).toContain("ends: SIGTERM");
  return Date.parse(time);
}

async function shutdownOf(server: string, text: string): Promise<number> {
  const lines = readFileSync(join(stateDir, "logs", `${server}.log`), "utf8").split("\n");
  const line = lines.findLast((one) => one.includes(text))!;
  return Date.parse(`${line.slice(0, 23).replace(" ", "T")}Z`);
}
