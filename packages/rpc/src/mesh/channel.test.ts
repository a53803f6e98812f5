import { constants, createServer, type Http2ServerResponse } from "node:http2";
import type { AddressInfo } from "node:net";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { CatalogService } from "@marketmesh/contracts/catalog/v1";
import { expect, test } from "vitest";
import { channel } from "./channel.ts";

/** A catalog that answers everything with UNAVAILABLE, and the calls that reached it. */
async function startAway() {
  const calls: string[] = [];
  const away = (method: string) => () => {
    calls.push(method);
    throw new ConnectError("away", Code.Unavailable);
  };
  const routes = { createListing: away("create"), getListing: away("get") };
  const server = createServer(
    connectNodeAdapter({ routes: (router) => router.service(CatalogService, routes) }),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const target = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const way = channel({ target, attach: () => {}, nowMs: Date.now, random: () => 0, attemptsMax: 3 });
  const close = () => {
    way.close();
    server.close();
  };
  return { client: createClient(CatalogService, way), calls, [Symbol.dispose]: close };
}

test("a mutation is tried again only when its request id tells the attempts to be one", async () => {
  using away = await startAway();
  await expect(away.client.createListing({})).rejects.toMatchObject({ code: Code.Unavailable });
  expect(away.calls).toEqual(["create"]);
  const requestId = "0199c3a0-2f0e-7c11-b0a4-6d1f2a3b4c5d";
  await expect(away.client.createListing({ requestId })).rejects.toMatchObject({ code: Code.Unavailable });
  expect(away.calls).toEqual(Array(4).fill("create"));
});

test("a read is tried again", async () => {
  using away = await startAway();
  await expect(away.client.getListing({})).rejects.toMatchObject({ code: Code.Unavailable });
  expect(away.calls).toEqual(["get", "get", "get"]);
});

test("a call that its server refused, because it says goodbye, has lost its connection: it is tried again", async () => {
  let asked = 0;
  const serve = connectNodeAdapter({
    routes: (router) => router.service(CatalogService, { createListing: () => ({}) }),
  });
  const server = createServer((request, response: Http2ServerResponse) => {
    asked += 1;
    if (asked % 2 === 1) response.stream.close(constants.NGHTTP2_REFUSED_STREAM);
    else serve(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const target = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const way = channel({ target, attach: () => {}, nowMs: Date.now, random: () => 0 });
  const client = createClient(CatalogService, way);
  await client.createListing({ requestId: "0199c3a0-2f0e-7c11-b0a4-6d1f2a3b4c5d" });
  expect(asked).toBe(2);
  await expect(client.createListing({})).rejects.toMatchObject({ code: Code.Unavailable });
  expect(asked).toBe(3);
  way.close();
  server.close();
});
