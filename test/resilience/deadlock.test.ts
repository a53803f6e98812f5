import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { createClient, type ServiceImpl } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { EchoService } from "@marketmesh/contracts/testing/v1";
import type { Database } from "@marketmesh/postgres";
import type { Bind } from "@marketmesh/service-host";
import { mutate } from "@marketmesh/service-host/calls";
import { startServices } from "@marketmesh/testkit";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "marketmesh-calls-"));
  const text = `create table things (market text, id text, count int not null default 0);
call marketmesh.protect('things');
insert into things (market, id) values ('berlin', 'a'), ('berlin', 'b');
`;
  writeFileSync(join(folder, "0001_create_things.sql"), text);
});
afterAll(() => rmSync(folder, { recursive: true }));

test("two mutations that lock the same rows the other way round are both done, once", async () => {
  let database: Database | undefined;
  let begun = 0;
  const both = Promise.withResolvers<void>();
  const bind: Bind = async (host) => {
    const own = await host.database({ migrations: pathToFileURL(`${folder}/`) });
    database = own;
    const methods: Pick<ServiceImpl<typeof EchoService>, "write"> = {
      write: (request, context) =>
        mutate(
          { database: own },
          context,
          { method: EchoService.method.write, market: "berlin", request },
          async (tx) => {
            const [first, second] = [...request.text];
            await tx.execute(sql`update things set count = count + 1 where id = ${first}`);
            begun += 1;
            if (begun === 2) both.resolve();
            await both.promise;
            await tx.execute(sql`update things set count = count + 1 where id = ${second}`);
            return { text: request.text };
          },
        ),
    };
    host.serve(EchoService, methods as ServiceImpl<typeof EchoService>);
  };
  await using running = await startServices([{ name: "testing", bind }]);
  const headers = { authorization: `Bearer ${await running.testToken()}` };
  const transport = createConnectTransport({ httpVersion: "2", baseUrl: running.urlOf("testing") });
  const client = createClient(EchoService, transport);
  const answers = await Promise.all(["ab", "ba"].map((text) => client.write({ text }, { headers })));
  expect(answers.map(({ text }) => text)).toEqual(["ab", "ba"]);
  // One was the victim, and ran again.
  expect(begun).toBe(3);
  const rows = await database!.background((tx) => tx.execute(sql`select id, count from things order by id`));
  expect(rows).toEqual([
    { id: "a", count: 2 },
    { id: "b", count: 2 },
  ]);
});
