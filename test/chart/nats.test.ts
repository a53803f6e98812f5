import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkoutDir, natsBinary, stateDirOf } from "@marketmesh/dev-stack/servers";
import { afterAll, expect, it, vi } from "vitest";
import { password } from "../../packages/cli/src/secrets/make-secrets.ts";
import { type KubeObject, renderedSet } from "./helm.ts";
import { ofKind } from "./rendered.ts";

// Others wait for a processor too.
vi.setConfig({ testTimeout: 120_000 });

const folder = mkdtempSync(join(tmpdir(), "marketmesh-nats-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface ConfigMap extends KubeObject {
  readonly data: Readonly<Record<string, string>>;
}

it("a real nats-server takes the configuration of three nodes", () => {
  const [map] = ofKind<ConfigMap>(renderedSet("production"), "ConfigMap").filter(
    ({ data }) => data["nats.conf"],
  );
  mkdirSync(join(folder, "data"));
  const config = join(folder, "nats.conf");
  writeFileSync(config, map!.data["nats.conf"]!.replace("/data", join(folder, "data")));
  expect(map!.data["nats.conf"]!.match(/nats-route:/g)).toHaveLength(3);
  const check = (env: object) =>
    spawnSync(natsBinary(join(stateDirOf(checkoutDir, process.env), "bin")), ["-t", "--config", config], {
      encoding: "utf8",
      env: { PATH: process.env.PATH, ...env } as NodeJS.ProcessEnv,
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
