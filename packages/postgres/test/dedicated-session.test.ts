import { openWay, testDatabaseUrl } from "@marketmesh/testkit/servers";
import { expect, test } from "vitest";
import { openDedicatedSession, UnavailableError } from "../src/index.ts";

const applicationName = "test";

test("a statement whose connection is cut is refused, and so is the next one", async () => {
  await using way = await openWay(testDatabaseUrl());
  await using session = await openDedicatedSession(way.by(testDatabaseUrl()), { applicationName });
  const waits = expect(session.query("select pg_sleep(600)")).rejects.toThrow(UnavailableError);
  await way.cut();
  await waits;
  await expect(session.query("select 1")).rejects.toThrow(UnavailableError);
  expect(session.lost.aborted).toBe(true);
});

test("a connection that falls silent is lost", async () => {
  await using way = await openWay(testDatabaseUrl());
  await using session = await openDedicatedSession(way.by(testDatabaseUrl()), {
    applicationName,
    answerMs: 500,
  });
  expect(await session.query("select 1 as one")).toEqual([{ one: 1 }]);
  way.hush();
  await expect(session.query("select 1")).rejects.toThrow(UnavailableError);
  expect(session.lost.aborted).toBe(true);
});
