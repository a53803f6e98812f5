import { createServer, type ServerHttp2Session } from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { Code, createClient } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { CatalogService } from "@marketmesh/contracts/catalog/v1";
import { expect, test } from "vitest";
import { channel } from "./channel.ts";

/** A catalog whose first call gets no answer, and whose watches never end; its connections can be lost under them. */
async function startFragile() {
  const asked: PromiseWithResolvers<void>[] = [Promise.withResolvers(), Promise.withResolvers()];
  const sockets = new Set<Socket>();
  const sessions = new Set<ServerHttp2Session>();
  let calls = 0;
  const server = createServer(
    connectNodeAdapter({
      routes: (router) =>
        router.service(CatalogService, {
          getListing() {
            asked[calls]?.resolve();
            calls += 1;
            return calls === 1 ? new Promise(() => {}) : {};
          },
          async *watchListings() {
            yield {};
            await new Promise(() => {});
          },
        }),
    }),
  );
  server.on("session", (session) => sessions.add(session));
  server.on("connection", (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const target = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const way = channel({ target, attach: () => {}, nowMs: Date.now, random: () => 0 });
  return {
    client: createClient(CatalogService, way),
    asked: asked[0]!.promise,
    /** Resolves once the client has heard it: it answers a ping that was sent after. */
    goodbye: () =>
      Promise.all(
        [...sessions].map((session) => {
          session.goaway();
          return new Promise((resolve) => session.ping(resolve));
        }),
      ),
    /** As the system does for a process that was killed: with an end, or a reset where something was unread. */
    lose(how: "ended" | "reset") {
      for (const socket of sockets) {
        if (how === "reset") socket.resetAndDestroy();
        else socket.destroy();
      }
    },
    [Symbol.dispose]() {
      way.close();
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

for (const how of ["ended", "reset"] as const) {
  for (const goodbye of [false, true]) {
    const what = `${how}${goodbye ? " after a goodbye" : ""}`;

    test(`a call whose connection is ${what} is tried again`, async () => {
      using fragile = await startFragile();
      const answer = fragile.client.getListing({ name: "markets/berlin/listings/a" });
      await fragile.asked;
      if (goodbye) await fragile.goodbye();
      fragile.lose(how);
      expect(await answer).toBeDefined();
    });

    test(`a watch whose connection is ${what} is told so`, async () => {
      using fragile = await startFragile();
      const changes = fragile.client.watchListings({ parent: "markets/berlin" })[Symbol.asyncIterator]();
      await changes.next();
      const next = changes.next();
      if (goodbye) await fragile.goodbye();
      fragile.lose(how);
      await expect(next).rejects.toMatchObject({ code: Code.Unavailable });
    });
  }
}

test("a caller that leaves is told that it left", async () => {
  using fragile = await startFragile();
  const leaving = new AbortController();
  const watch = fragile.client.watchListings({ parent: "markets/berlin" }, { signal: leaving.signal });
  const changes = watch[Symbol.asyncIterator]();
  await changes.next();
  const next = changes.next();
  leaving.abort();
  await expect(next).rejects.toMatchObject({ code: Code.Canceled });
});

test("an answer in a proxy's own words holds no connection open", async () => {
  const server = createServer((_, response) => {
    response.writeHead(503, { "content-type": "text/plain" });
    response.end("no healthy upstream");
  });
  const sessions = new Set<ServerHttp2Session>();
  server.on("session", (session) => sessions.add(session));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const target = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const way = channel({ target, attach: () => {}, nowMs: Date.now, random: () => 0 });
  const call = createClient(CatalogService, way).getListing({ name: "markets/berlin/listings/a" });
  await expect(call).rejects.toMatchObject({ code: Code.Unavailable });

  const closed = new Promise<unknown>((resolve) => server.close(resolve));
  for (const session of sessions) session.close();
  expect(await closed).toBeUndefined();
  way.close();
});
