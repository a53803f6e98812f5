// The server of the rpc suite, a process of its own so that its CPU can be told from the client's: `mesh` is a service on
// service-host with every interceptor, `raw` the least that HTTP/2 needs. Answers `cpu` with its CPU time in microseconds.
import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { EchoService } from "@marketmesh/contracts/testing/v1";
import { callerOf } from "@marketmesh/rpc";
import { type Host, start } from "@marketmesh/service-host";

process.on("message", () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuMicros: user + system });
});
process.once("disconnect", () => process.exit());

process.send?.({ url: process.argv[2] === "raw" ? await raw() : await mesh() });

async function raw(): Promise<string> {
  const server = createServer();
  server.on("stream", (stream) => {
    const parts: Buffer[] = [];
    stream.on("data", (part: Buffer) => parts.push(part));
    stream.on("end", () => {
      stream.respond({ ":status": 200, "content-type": "application/proto" });
      stream.end(Buffer.concat(parts));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function mesh(): Promise<string> {
  const { url } = await start("testing", bindEcho, { ...process.env, LOG_LEVEL: "warn" });
  return url;
}

function bindEcho(host: Host): void {
  const unused = () => {
    throw new Error("the bench calls Echo alone");
  };
  host.serve(EchoService, {
    echo: ({ text }, context) => {
      const { principal, requestId } = callerOf(context);
      return { text, principal, requestId };
    },
    echoPublic: ({ text }) => ({ text }),
    write: unused,
    collect: unused,
    // biome-ignore lint/correctness/useYield: never called
    async *tick() {
      unused();
    },
  });
}
