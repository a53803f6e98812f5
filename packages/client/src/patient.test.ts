import { createServer, type Http2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import { Code, ConnectError } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { CatalogService } from "@marketmesh/contracts/catalog/v1";
import { expect, test } from "vitest";
import { connect, isPassing, patiently } from "./index.ts";

type Routes = Parameters<typeof serve>[1];

/** A catalog on a port of its own choice; closing it also ends its connections. */
async function serve(port: number, routes: { createListing(request: { requestId: string }): object }) {
  const server: Http2Server = createServer(
    connectNodeAdapter({ routes: (router) => router.service(CatalogService, routes) }),
  );
  const sessions = new Set<{ destroy(): void }>();
  server.on("session", (session) => sessions.add(session));
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const end = () => {
    for (const session of sessions) session.destroy();
    server.close();
  };
  return { port: (server.address() as AddressInfo).port, end };
}

const connectTo = (port: number, patienceMs: number) =>
  connect({ endpoints: { catalog: `http://127.0.0.1:${port}` }, token: "t", patienceMs });

test("a call whose server is lost under it waits for the next one, under one request id", async () => {
  const ids: string[] = [];
  const asked = Promise.withResolvers<void>();
  const never: Routes = {
    createListing({ requestId }) {
      ids.push(requestId);
      asked.resolve();
      return new Promise(() => {});
    },
  };
  const first = await serve(0, never);
  using mesh = connectTo(first.port, 20_000);
  const answer = mesh.catalog.createListing({ parent: "markets/berlin", listingId: "a" });
  await asked.promise;
  first.end();
  const second = await serve(first.port, {
    createListing({ requestId }) {
      ids.push(requestId);
      return { listing: { name: "markets/berlin/listings/a" } };
    },
  });
  expect((await answer).listing?.name).toBe("markets/berlin/listings/a");
  expect(ids).toHaveLength(2);
  expect(ids[0]).toMatch(/^[0-9a-f-]{36}$/);
  expect(ids[1]).toBe(ids[0]);
  second.end();
});

test("without patience a lost server is told at once", async () => {
  const server = await serve(0, { createListing: () => ({}) });
  server.end();
  using mesh = connectTo(server.port, 0);
  const call = mesh.catalog.createListing({ parent: "markets/berlin" });
  await expect(call).rejects.toMatchObject({ code: Code.Unavailable });
});

test("patience ends, and is not spent on a refusal", async () => {
  let attempts = 0;
  const failing = (code: Code) => async () => {
    attempts += 1;
    throw new ConnectError("no", code);
  };
  await expect(patiently(failing(Code.Unavailable), { patienceMs: 500 })).rejects.toThrow("no");
  expect(attempts).toBeGreaterThan(1);
  attempts = 0;
  await expect(patiently(failing(Code.FailedPrecondition), { patienceMs: 100 })).rejects.toThrow("no");
  expect(attempts).toBe(1);
  expect(isPassing(new Error("a mistake of ours"))).toBe(false);
});
