import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { openDatabase, openDedicatedSession, UnavailableError } from "../src/index.ts";
import { openNotes } from "./notes.ts";

const readyForQuery = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);

/** Passes bytes to a Postgres and cuts each connection at the moment in which its login is done. */
async function cutAfterLogin(upstream: URL): Promise<Server> {
  const server = createServer((client: Socket) => {
    const postgres = connect(Number(upstream.port), upstream.hostname);
    client.on("error", () => {}).on("close", () => postgres.destroy());
    postgres.on("error", () => {}).on("close", () => client.destroy());
    client.pipe(postgres);
    postgres.on("data", (bytes) => {
      if (bytes.includes(readyForQuery)) client.write(bytes, () => setImmediate(() => client.destroy()));
      else client.write(bytes);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

const ways = {
  pool: (url: string) =>
    openDatabase({ url, backgroundUrl: url }).then((database) => database.background(async () => {})),
  "dedicated session": (url: string) => openDedicatedSession(url, { applicationName: "test" }),
};

test.each(["pool", "dedicated session"] as const)(
  "a connection of a %s that is lost at its login is an UnavailableError, and nothing else is rejected",
  async (kind) => {
    await using notes = await openNotes();
    const url = new URL(notes.migratorUrl);
    const server = await cutAfterLogin(url);
    const unheard: unknown[] = [];
    const listen = (reason: unknown) => unheard.push(reason);
    process.on("unhandledRejection", listen);
    try {
      url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
      await expect(ways[kind](url.href)).rejects.toBeInstanceOf(UnavailableError);
      await new Promise(setImmediate);
      expect(unheard).toEqual([]);
    } finally {
      process.off("unhandledRejection", listen);
      server.close();
    }
  },
);

test.each(["password", "pathname"] as const)(
  "a login with another %s may do later: UnavailableError",
  async (part) => {
    await using notes = await openNotes();
    const url = new URL(notes.migratorUrl);
    url[part] = "other";
    const opening = openDatabase({ url: url.href, backgroundUrl: notes.migratorUrl });
    await expect(opening).rejects.toBeInstanceOf(UnavailableError);
  },
);

test("arrays go out and come back as arrays", async () => {
  await using notes = await openNotes();
  const given = ["plain", 'a "quote"', "back\\slash", "{,}", "NULL", ""];
  const [row] = await notes.database.background((tx) =>
    tx.execute(sql`select ${sql.param(given)}::text[] as texts, array[1, 2]::int[] as ints,
      array[9007199254740993]::bigint[] as bigints, array[]::text[] as none, array[true, false] as flags`),
  );
  expect(row).toEqual({
    ...{ texts: given, ints: [1, 2], bigints: ["9007199254740993"] },
    ...{ none: [], flags: [true, false] },
  });
});
