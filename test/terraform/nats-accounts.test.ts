import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkoutDir, natsBinary, stateDirOf } from "@marketmesh/dev-stack/servers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readFolders } from "./hcl.ts";

let pod: string;
beforeAll(() => {
  pod = mkdtempSync(join(tmpdir(), "marketmesh-nats-"));
});
afterAll(() => rmSync(pod, { recursive: true, force: true }));

/** What a server says of its configuration: 0 when it takes it. */
function exitOf(file: string): number | null {
  const server = natsBinary(join(stateDirOf(checkoutDir, process.env), "bin"));
  return spawnSync(server, ["-t", "--config", file], { encoding: "utf8" }).status;
}

test("a NATS server finds the accounts where the module mounts them, and does not start without them", async () => {
  const include = (await readFolders()).get("modules/messaging/nats")!.locals.get("accounts_include");
  // The folders of the chart's pod: its own configuration, and the module's mount beside it.
  const [config, accounts] = ["etc/nats-config", "etc/nats-accounts"].map((path) => join(pod, path));
  for (const folder of [config!, accounts!]) mkdirSync(folder, { recursive: true });
  writeFileSync(join(config!, "nats.conf"), `include ${include};\nport: 4222\n`);
  expect(exitOf(join(config!, "nats.conf"))).not.toBe(0);
  writeFileSync(
    join(accounts!, "accounts.conf"),
    'authorization { user: marketmesh, password: "a-Word_1" }\n',
  );
  expect(exitOf(join(config!, "nats.conf"))).toBe(0);
});
