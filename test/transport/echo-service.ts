import { createClient, type Transport } from "@connectrpc/connect";
import { EchoService } from "@marketmesh/contracts/testing/v1";
import { type ClientTls, channel } from "@marketmesh/rpc";
import { type Env, type RunningService, start } from "@marketmesh/service-host";

/** A service that answers what it is told, to anybody. */
export function startEcho(env: Env, write: (line: string) => void = () => {}): Promise<RunningService> {
  return start(
    "testing",
    (host) =>
      host.serve(EchoService, {
        echo: ({ text }) => ({ text }),
        echoPublic: ({ text }) => ({ text, server: "testing" }),
        write: ({ text }) => ({ text }),
        async collect(requests) {
          let count = 0;
          for await (const _ of requests) count += 1;
          return { count };
        },
        async *tick({ count }) {
          for (let number = 1; number <= count; number += 1) yield { number };
        },
      }),
    { MESH_IDENTITY_URL: "http://127.0.0.1:9", ...env },
    { write },
  );
}

/** A client as the mesh makes them, with these certificates. */
export function meshClient(target: string, tls: ClientTls | (() => ClientTls)) {
  const way = channel({
    target,
    attach: () => {},
    nowMs: Date.now,
    random: () => 0,
    attemptsMax: 1,
    tls: typeof tls === "function" ? tls : () => tls,
    resolve: async () => ["127.0.0.1"],
  });
  return { echo: createClient(EchoService, way), [Symbol.dispose]: () => way.close() };
}

/** One call by any transport. */
export async function echoOver(transport: Transport, text: string): Promise<string> {
  return (await createClient(EchoService, transport).echoPublic({ text })).text;
}
