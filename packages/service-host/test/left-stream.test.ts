import { connect, constants } from "node:http2";
import { create, toBinary } from "@bufbuild/protobuf";
import { EchoService, TickRequestSchema } from "@marketmesh/contracts/testing/v1";
import { startTestIssuer } from "@marketmesh/testkit";
import { expect, test } from "vitest";
import { start } from "../src/index.ts";
import { echo } from "./echo.ts";

test("a client that leaves while a stream is written to it is no fault", async () => {
  await using issuer = await startTestIssuer();
  const ended = Promise.withResolvers<void>();
  const lines: string[] = [];
  let sent = 0;
  await using service = await start(
    "testing",
    (host) =>
      host.serve(EchoService, {
        ...echo({}),
        async *tick() {
          try {
            for (;;) yield { number: ++sent };
          } finally {
            ended.resolve();
          }
        },
      }),
    { MESH_IDENTITY_URL: issuer.url },
    { write: (line) => lines.push(line) },
  );
  const session = connect(service.url);
  const stream = session.request({
    ":method": "POST",
    ":path": "/marketmesh.testing.v1.EchoService/Tick",
    "content-type": "application/grpc+proto",
    te: "trailers",
    authorization: `Bearer ${await issuer.testToken()}`,
  });
  const message = toBinary(
    TickRequestSchema,
    create(TickRequestSchema, { name: "markets/berlin", count: 1 }),
  );
  stream.end(Buffer.concat([Buffer.of(0, 0, 0, 0, message.length), message]));
  // Nobody reads, so that the server stands within a write when the client leaves.
  await stalled(() => sent);
  stream.close(constants.NGHTTP2_CANCEL);
  await ended.promise;
  await service.close();
  session.destroy();
  expect(lines).toEqual([]);
});

/** Waits until something has been sent and no more is. */
async function stalled(sent: () => number): Promise<void> {
  for (let before = -1, idle = 0; idle < 200; ) {
    const now = sent();
    idle = now > 0 && now === before ? idle + 1 : 0;
    before = now;
    await new Promise(setImmediate);
  }
}
