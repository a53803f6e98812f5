import { expect, test } from "vitest";
import type { Tx } from "./database.ts";
import { parseDatabaseUrl, parseReadUrl } from "./database-url.ts";
import { ConflictError, UnavailableError, UnreachableError } from "./errors.ts";
import type { Pool } from "./pool.ts";
import { onReplica, withReplica } from "./replica.ts";

test.each([
  "postgres://replica:5433,other:1",
  "postgres://replica:5433,other:1/",
  "postgres://someone:p@ss@replica:5433,other:1/x?application_name=z",
])("%s is entered as the primary is", (readUrl) => {
  const url = parseDatabaseUrl("postgres://app:p@w%40d@a:1,b:2/catalog?target_session_attrs=primary&a.b=c");
  const hosts = [
    { host: "replica", port: 5433 },
    { host: "other", port: 1 },
  ];
  expect(onReplica(url, parseReadUrl(readUrl))).toEqual({ ...url, hosts, writable: false });
});

const lost = new UnavailableError(new Error("lost"));
const refused = new UnreachableError(new Error("refused"));
const conflict = new ConflictError(new Error("conflict with recovery"));

/** Where reads went, when the servers fail as listed, first to last, and then no more. */
function trial(failures: { readonly primary?: Error[]; readonly replica?: Error[] }) {
  const asked: string[] = [];
  const poolOf = (name: "primary" | "replica"): Pool => ({
    run: async (_scope, work) => {
      asked.push(name);
      const failure = failures[name]?.shift();
      if (failure) throw failure;
      return await work({} as Tx);
    },
    close: () => Promise.resolve(),
  });
  const run = withReplica(poolOf("primary"), poolOf("replica"));
  const read = (readFrom: "PRIMARY_ELSE_REPLICA" | "REPLICA_ELSE_PRIMARY") =>
    run(undefined, async () => {}, { readFrom });
  return { asked, read };
}

test("a lost connection is replaced, and the primary goes on answering", async () => {
  const { asked, read } = trial({ primary: [lost] });
  await read("PRIMARY_ELSE_REPLICA");
  await read("PRIMARY_ELSE_REPLICA");
  expect(asked).toEqual(["primary", "primary", "primary"]);
});

test("a primary that can't be connected to is left alone for a moment", async () => {
  const { asked, read } = trial({ primary: [lost, refused] });
  await read("PRIMARY_ELSE_REPLICA");
  await read("PRIMARY_ELSE_REPLICA");
  expect(asked).toEqual(["primary", "primary", "replica", "replica"]);
});

test("a replica that ended a read to catch up is left alone", async () => {
  const { asked, read } = trial({ replica: [conflict] });
  await read("REPLICA_ELSE_PRIMARY");
  await read("REPLICA_ELSE_PRIMARY");
  expect(asked).toEqual(["replica", "primary", "primary"]);
});
