import { createServer, type OutgoingHttpHeaders } from "node:http2";
import type { AddressInfo } from "node:net";
import { create, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { CatalogService, CreateListingResponseSchema } from "@marketmesh/contracts/catalog/v1";
import { expect, test } from "vitest";
import { channel } from "./channel.ts";

const name = "markets/berlin/listings/a";
const message = toBinary(
  CreateListingResponseSchema,
  create(CreateListingResponseSchema, { listing: { name } }),
);

/** What a mutation that may not be repeated comes to when it is answered so. */
async function answered(headers: OutgoingHttpHeaders, body: Uint8Array | string): Promise<unknown> {
  const server = createServer().on("stream", (stream) => {
    stream.respond(headers);
    stream.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const target = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const way = channel({ target, attach: () => {}, nowMs: Date.now, random: () => 0 });
  try {
    return await createClient(CatalogService, way).createListing({});
  } catch (cause) {
    return cause;
  } finally {
    way.close();
    server.close();
  }
}

test.each([
  { "content-type": "application/proto" },
  { "content-type": "application/proto", "content-encoding": "identity" },
  { "content-type": "Application/Proto" },
])("a message is read as %o", async (headers) => {
  expect(await answered(headers, message)).toMatchObject({ listing: { name } });
});

test.each<[status: number, contentType: string, body: string, Code]>([
  [200, "text/html", "<html>", Code.Unknown],
  [200, "application/json", "{}", Code.Internal],
  [200, "application/connect+proto", "", Code.Internal],
  [200, "application/proto", "\nno message", Code.Internal],
  [503, "text/plain", "no healthy upstream", Code.Unavailable],
  [502, "application/json", "no JSON", Code.Unavailable],
  [404, "application/proto", "", Code.Unimplemented],
  [409, "application/json", '{"code":"aborted","message":"lost"}', Code.Aborted],
])("%i %s %j is an error", async (status, contentType, body, code) => {
  const cause = await answered({ ":status": status, "content-type": contentType }, body);
  expect(cause).toBeInstanceOf(ConnectError);
  expect(cause).toMatchObject({ code });
});

test("a message in an encoding that was not asked for is an error", async () => {
  const headers = { "content-type": "application/proto", "content-encoding": "br" };
  expect(await answered(headers, message)).toMatchObject({ code: Code.Internal });
});
