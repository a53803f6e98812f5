import { once } from "node:events";
import { type ClientHttp2Session, createServer, type ServerHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { SteadySessions } from "./steady-sessions.ts";

test("a call made while an idle session is taking leave harms nobody", async () => {
  const server = createServer((_, response) => void response.end());
  const sessions: ServerHttp2Session[] = [];
  server.on("session", (session) => sessions.push(session));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const manager = new SteadySessions(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const stream = await manager.request("GET", "/", {}, {});
  const session = stream.session as ClientHttp2Session;
  await once(stream.resume(), "close");

  const listening = Promise.withResolvers<number>();
  session.once("goaway", () => {
    // The session is destroyed by now; its error comes later.
    void manager.connect();
    listening.resolve(session.listenerCount("error"));
  });
  // Not by events.once, which listens for errors.
  const closed = new Promise<void>((resolve) => session.once("close", resolve));
  sessions[0]?.close();
  expect(await listening.promise).toBeGreaterThan(0);
  await closed;

  const next = await manager.request("GET", "/", {}, {});
  await once(next.resume(), "close");
  manager.abort();
  server.close();
});
