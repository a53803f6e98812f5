import { Code, createContextValues, type HandlerContext } from "@connectrpc/connect";
import { openDatabase } from "@marketmesh/postgres";
import { anonymous, callerKey } from "@marketmesh/rpc";
import { openWay } from "@marketmesh/testkit/servers";
import { expect, onTestFinished, test } from "vitest";
import { openTestDatabase } from "../testing/database.ts";
import { type InquiryDeps, open } from "./inquiry.ts";

test("what decides does not come from a replica while the primary is away", async () => {
  await using made = await openTestDatabase();
  const { url, backgroundUrl } = made.urls;
  await using way = await openWay(url);
  const database = await openDatabase({ url: way.by(url), backgroundUrl, readUrl: url });
  onTestFinished(() => database.close());
  const recent = { read: <T>(_: string, load: () => Promise<T>) => load() };
  const deps = { shell: { database, now: () => new Date(), recent } } as Partial<InquiryDeps> as InquiryDeps;
  const values = createContextValues().set(callerKey, { ...anonymous("1"), reach: "PLATFORM" });
  const context = { values, signal: new AbortController().signal } as HandlerContext;
  const wanted = { name: "markets/berlin/models/match", field: "model" };
  const inquiry = () => open(deps, [wanted], { revisions: [] }, context);
  await expect(inquiry()).rejects.toMatchObject({ code: Code.NotFound });
  await way.cut();
  await expect(inquiry()).rejects.toMatchObject({ code: Code.Unavailable });
});
