import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { RetryInfoSchema } from "@marketmesh/contracts/google/rpc";
import { EchoService } from "@marketmesh/contracts/testing/v1";
import { infoOf } from "@marketmesh/rpc";
import { startTestIssuer } from "@marketmesh/testkit";
import { expect, test } from "vitest";
import { start } from "../src/index.ts";
import { echo } from "./echo.ts";

const callsAtOnce = 64;

test("a server whose event loop is always late refuses calls from outside at once, and none of services", async () => {
  await using issuer = await startTestIssuer();
  await using service = await start(
    "testing",
    (host) =>
      host.serve(EchoService, {
        ...echo({}),
        echoPublic({ text }) {
          const endMs = performance.now() + 5;
          while (performance.now() < endMs);
          return { text };
        },
      }),
    { MESH_IDENTITY_URL: issuer.url, QUEUE_DELAY_MS: "20" },
  );
  const client = createClient(
    EchoService,
    createConnectTransport({ httpVersion: "2", baseUrl: service.url }),
  );
  const within = await issuer.testToken({ audience: "testing", reach: "PLATFORM" });
  const refusals: ConnectError[] = [];
  const ofServices: unknown[] = [];
  const refused = new AbortController();
  const call = async () => {
    while (!refused.signal.aborted) {
      await client.echoPublic({ text: "x" }).catch((cause) => {
        refusals.push(ConnectError.from(cause));
        refused.abort();
      });
    }
  };
  const callWithin = async () => {
    while (!refused.signal.aborted)
      await client
        .echoPublic({ text: "x" }, { headers: { authorization: `Bearer ${within}` } })
        .catch((cause) => ofServices.push(cause));
  };
  await Promise.all([...Array.from({ length: callsAtOnce }, call), callWithin(), callWithin()]);
  const [first] = refusals;
  expect(first?.code).toBe(Code.ResourceExhausted);
  expect(infoOf(first)?.reason).toBe("OVERLOADED");
  expect(first?.findDetails(RetryInfoSchema)).toHaveLength(1);
  expect(Number(infoOf(first)?.metadata.callsMax)).toBeGreaterThanOrEqual(16);
  expect(ofServices).toEqual([]);
  const metrics = await (await fetch(`${service.metricsUrl}/metrics`)).text();
  expect(metrics).toMatch(/marketmesh_rpc_server_overloaded_total\{method="[^"]*EchoPublic"\} [1-9]/);
});
