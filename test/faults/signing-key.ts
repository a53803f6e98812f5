import { Code, ConnectError } from "@connectrpc/connect";
import type { Faults } from "./fault-case.ts";

const learnMs = 60_000;

/**
 * Lets the signing key grow old before the first round, so that identity makes the next one, waits until that signs, and goes on
 * with a token by it: services that know only the old key must learn the new one, and must still take tokens by the old.
 */
export function rotateSigningKey({ mesh, job }: Faults): void {
  job.before("allocation.createRound", 1, async () => {
    const before = await keyOf(mesh);
    await mesh.sql(
      "identity",
      (sql) => sql`update signing_keys set sign_time = sign_time - interval '60 days'`,
    );
    const endMs = performance.now() + 240_000;
    while ((await keyOf(mesh)) === before) {
      if (performance.now() > endMs) throw new Error("no new key signs");
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    using clients = mesh.connect();
    await Promise.all(Object.values(clients.feeds).map((feed) => learnt(() => feed.getEventCounts({}))));
  });
}

/** A service that looked for keys a moment before the new one was there looks again ten seconds later at the earliest. */
async function learnt(call: () => Promise<unknown>): Promise<void> {
  for (const endMs = performance.now() + learnMs; ; ) {
    try {
      return void (await call());
    } catch (error) {
      const { code } = ConnectError.from(error);
      if (code !== Code.Unauthenticated || performance.now() > endMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** The id of the key that signs tokens now. */
async function keyOf(mesh: Faults["mesh"]): Promise<string> {
  using clients = mesh.connect();
  const [header = ""] = (await clients.accessToken()).split(".");
  return JSON.parse(Buffer.from(header, "base64url").toString()).kid as string;
}
