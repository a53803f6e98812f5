import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkoutDir, freePort, startNats, stateDirOf } from "@marketmesh/dev-stack/servers";
import type { BrokerPermissions } from "@marketmesh/events";
import type { TestAuthority } from "@marketmesh/testkit";

/** A real nats-server that speaks TLS alone and lets each user do what it is permitted. */
export interface GuardedBroker extends AsyncDisposable {
  /** `tls://user:password@localhost:4222` */
  urlOf(user: string): string;
  readonly caFile: string;
  /** Lines that it logged about what it did not permit. */
  readonly violations: readonly string[];
}

export async function startGuardedBroker(
  authority: TestAuthority,
  users: Readonly<Record<string, BrokerPermissions>>,
): Promise<GuardedBroker> {
  const folder = mkdtempSync(join(tmpdir(), "marketmesh-transport-nats-"));
  const { cert, key } = authority.issue({ names: ["localhost"] });
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const caFile = file("ca.crt", authority.ca);
  const tls = { cert_file: file("tls.crt", cert), key_file: file("tls.key", key) };
  const authorization = {
    users: Object.entries(users).map(([user, permissions]) => ({
      user,
      password: passwordOf(user),
      permissions,
    })),
  };
  const violations: string[] = [];
  const storeDir = join(folder, "store");
  mkdirSync(storeDir);
  const port = await freePort();
  const server = await startNats({
    binDir: join(stateDirOf(checkoutDir, process.env), "bin"),
    storeDir,
    port,
    storeBytesMax: 2 ** 40,
    // nats-server's configuration is JSON's superset.
    extraConfig: `tls ${JSON.stringify(tls)}\nauthorization ${JSON.stringify(authorization)}\n`,
    onLine: (line) => {
      if (/violation/i.test(line)) violations.push(line);
    },
  });
  return {
    urlOf: (user) => `tls://${user}:${passwordOf(user)}@localhost:${port}`,
    caFile,
    violations,
    async [Symbol.asyncDispose]() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function passwordOf(user: string): string {
  return `${user}-test-only`;
}
