import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkoutDir, natsBinary, stateDirOf } from "@marketmesh/dev-stack/servers";
import { afterAll, expect, it } from "vitest";
import { password } from "../../packages/cli/src/secrets/make-secrets.ts";
import { type KubeObject, renderedSet } from "./helm.ts";
import { ofKind, type Workload } from "./rendered.ts";

const folder = mkdtempSync(join(tmpdir(), "marketmesh-nats-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface ConfigMap extends KubeObject {
  readonly data: Readonly<Record<string, string>>;
}

it("a real nats-server takes the configuration of three nodes", () => {
  const objects = renderedSet("production");
  const [map] = ofKind<ConfigMap>(objects, "ConfigMap").filter(({ data }) => data["nats.conf"]);
  mkdirSync(join(folder, "data"));
  const config = join(folder, "nats.conf");
  writeFileSync(config, map!.data["nats.conf"]!.replace("/data", join(folder, "data")));
  const routes = routesOf(objects);
  expect(Object.keys(routes)).toHaveLength(3);
  const check = (env: object) =>
    spawnSync(natsBinary(join(stateDirOf(checkoutDir, process.env), "bin")), ["-t", "--config", config], {
      encoding: "utf8",
      env: { PATH: process.env.PATH, ...routes, ...env } as NodeJS.ProcessEnv,
    });
  // The server parses the value: what begins with a digit or a - is no word to it.
  for (const given of [password(), "p-6M7_1e5Aa", "p6M7-Aa", "p1e5_Aa"]) {
    const good = check({ NATS_PASSWORD: given });
    expect(good.status, good.stderr).toBe(0);
  }
  expect(check({ NATS_PASSWORD: "6M7-Aa" }).status).not.toBe(0);
  // Without its password the server must not start as one that anybody enters.
  expect(check({}).status).not.toBe(0);
});

/** The routes of the nodes, in the environment: each has the password, as the kubelet would put it in. */
function routesOf(objects: readonly KubeObject[]): Record<string, string> {
  const [nats] = ofKind<Workload>(objects, "StatefulSet");
  const env = nats!.spec.template.spec.containers[0]!.env!;
  const routes = env.filter(({ name }) => name.startsWith("NATS_ROUTE_"));
  for (const { value } of routes) expect(value).toMatch(/^nats-route:\/\/route:\$\(NATS_PASSWORD\)@/);
  return Object.fromEntries(
    routes.map(({ name, value }) => [name, value!.replace("$(NATS_PASSWORD)", password())]),
  );
}
