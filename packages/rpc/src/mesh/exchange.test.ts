import { createServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { Code } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { exchange, type Posted } from "./exchange.ts";
import { SteadySessions } from "./steady-sessions.ts";

/** A server of one kind of answer, and sessions to it. */
async function serving(answer: (stream: ServerHttp2Stream, sockets: ReadonlySet<Socket>) => void) {
  const sockets = new Set<Socket>();
  const server = createServer().on("stream", (stream) => {
    stream.on("error", () => {});
    answer(stream, sockets);
  });
  server.on("connection", (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const sessions = new SteadySessions(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return {
    sessions,
    [Symbol.dispose]() {
      sessions.abort();
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

function posted(more: Partial<Posted> = {}): Posted {
  const call = { path: "/", headers: {}, timeoutMs: 10_000, signal: undefined, bytesMax: 1_000 };
  return { ...call, body: Buffer.from("whole"), ...more };
}

test("a call that is given up before its message is sent does not look like one without a message", async () => {
  const taken: string[] = [];
  using server = await serving((stream) => {
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.once("end", () => {
      if (stream.closed) return;
      taken.push(Buffer.concat(chunks).toString());
      stream.respond({ ":status": 200 });
      stream.end();
    });
  });
  const { sessions } = server;
  const leaving = new AbortController();
  const open = sessions.open.bind(sessions);
  sessions.open = async (...request) => {
    const stream = await open(...request);
    leaving.abort();
    return stream;
  };
  const given = exchange(sessions, posted({ signal: leaving.signal }));
  await expect(given).rejects.toMatchObject({ code: Code.Canceled });
  sessions.open = open;
  await exchange(sessions, posted());
  expect(taken).toEqual(["whole"]);
});

test("half of an answer whose length is not told is no answer when its connection ends", async () => {
  using server = await serving((stream, sockets) => {
    stream.respond({ ":status": 200, "content-type": "application/proto" });
    stream.write("half");
    stream.session?.ping(() => {
      for (const socket of sockets) socket.end();
    });
  });
  const lost = { code: expect.toSatisfy((code) => code === Code.Canceled || code === Code.Aborted) };
  await expect(exchange(server.sessions, posted())).rejects.toMatchObject(lost);
});
