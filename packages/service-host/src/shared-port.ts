import { createServer as createHttp1Server, type IncomingMessage, type ServerResponse } from "node:http";
import {
  createServer as createHttp2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from "node:http2";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { endUnread, type NodeListener, type StreamListener } from "@marketmesh/rpc";
import { createTlsServer, type PortTls } from "./tls-port.ts";

/** One port that speaks HTTP/1.1 and HTTP/2: by prior knowledge, or what ALPN settles where it speaks TLS. */
export interface SharedPort {
  readonly port: number;
  /** Takes no further connections or calls: GOAWAY, `connection: close`. Resolves when all connections are gone. */
  drain(): Promise<void>;
  /** Ends every connection. */
  destroy(): void;
}

export interface SharedPortOptions {
  readonly host: string;
  readonly port: number;
  readonly listener: NodeListener;
  /** Asked first for each HTTP/2 stream. */
  readonly direct?: StreamListener;
  /** Absent: plain HTTP. */
  readonly tls?: PortTls | undefined;
}

const idleSweepMs = 50;
const sniffTimeoutMs = 10_000;
const windowBytes = 1024 * 1024;
const streamsPerSessionMax = 1_000;
// RFC 9113: a client that knows the server speaks HTTP/2 begins with `PRI * HTTP/2.0`.
const preface = Buffer.from("PRI");

/**
 * Listens, finds out what each connection speaks (by its first bytes, or by ALPN), and hands it to the server of its protocol.
 * Rejects when the port is taken.
 */
export async function listen(options: SharedPortOptions): Promise<SharedPort> {
  let draining = false;
  const sockets = new Set<Socket>();
  // Connections that have not said yet what they speak, by their other end: nothing is lost by ending them.
  const silent = new Map<string, Socket>();
  const sessions = new Set<ServerHttp2Session>();
  const http1 = createHttp1Server(
    { headersTimeout: 15_000, requestTimeout: 0, keepAliveTimeout: 65_000 },
    onHttp1,
  );
  const http2 = createHttp2Server({
    settings: { initialWindowSize: windowBytes, maxConcurrentStreams: streamsPerSessionMax },
  });
  // Node's compatibility API gives HTTP/2 requests the shape of HTTP/1.1 ones. It never listens: it gets what is left to it.
  const shaped = createHttp2Server(
    options.listener as unknown as (request: Http2ServerRequest, response: Http2ServerResponse) => void,
  );
  http2.on("session", (session) => {
    session.setLocalWindowSize(windowBytes * 8);
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
    if (draining) session.close();
  });
  http2.on("sessionError", () => {});
  http2.on("stream", (stream, headers, ...rest) => {
    if (options.direct?.(stream, headers)) return;
    shaped.emit("stream", stream, headers, ...rest);
    endUnread(stream);
  });
  // Sets up the list of connections that closeIdleConnections and the header timeout work on.
  http1.emit("listening");

  function onHttp1(request: IncomingMessage, response: ServerResponse): void {
    if (draining) response.setHeader("connection", "close");
    options.listener(request, response);
  }

  function remember(socket: Socket): void {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
  }
  function onSilent(socket: Socket): void {
    const peer = peerOf(socket);
    silent.set(peer, socket);
    // A socket that is gone no longer knows its peer.
    socket.once("close", () => silent.delete(peer));
  }
  function onSpeaking(socket: Socket, isHttp2: boolean): void {
    silent.delete(peerOf(socket));
    (isHttp2 ? http2 : http1).emit("connection", socket);
  }
  const server = options.tls
    ? createTlsServer(options.tls, {
        onSocket: onSilent,
        onSecure(socket, isHttp2) {
          remember(socket);
          onSpeaking(socket, isHttp2);
        },
      })
    : createServer({ noDelay: true }, (socket) => {
        remember(socket);
        onSilent(socket);
        sniff(socket, (isHttp2) => onSpeaking(socket, isHttp2));
      });
  await listening(server, options);

  return {
    port: (server.address() as AddressInfo).port,
    async drain() {
      draining = true;
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      for (const socket of silent.values()) socket.destroy();
      for (const session of sessions) session.close();
      http1.closeIdleConnections();
      // A kept-alive connection becomes idle when its call ends.
      const sweep = setInterval(() => http1.closeIdleConnections(), idleSweepMs);
      await closed;
      clearInterval(sweep);
      http1.close();
    },
    destroy() {
      for (const socket of [...sockets, ...silent.values()]) socket.destroy();
    },
  };
}

// A secured socket is another object than the one that it came over.
function peerOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}

function listening(server: Server, { host, port }: SharedPortOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, backlog: 1_024 }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function sniff(socket: Socket, decide: (isHttp2: boolean) => void): void {
  socket.setTimeout(sniffTimeoutMs, () => socket.destroy());
  const look = () => {
    const chunk: Buffer | null = socket.read();
    if (chunk === null) {
      socket.once("readable", look);
      return;
    }
    socket.unshift(chunk);
    const couldBe = preface.subarray(0, chunk.length).equals(chunk.subarray(0, preface.length));
    if (couldBe && chunk.length < preface.length) {
      // What was put back is readable at once, so wait for more by the next event of the loop, not by this one.
      setImmediate(() => socket.once("readable", look));
      return;
    }
    socket.setTimeout(0);
    socket.removeAllListeners("timeout");
    decide(couldBe);
  };
  socket.once("readable", look);
}
