import { createServer as createHttp } from "node:http";
import { createServer as createHttp2 } from "node:http2";
import type { AddressInfo } from "node:net";

/** Who takes what exporters send: OTLP over HTTP at one address, over gRPC at the other. */
export interface Collectors extends AsyncDisposable {
  readonly httpUrl: string;
  readonly grpcUrl: string;
  /** Resolves once a request of a content type has come to a path that ends so. */
  received(contentType: string, path: string): Promise<void>;
}

/** Starts collectors on free ports of 127.0.0.1. */
export async function startCollectors(): Promise<Collectors> {
  const seen = new Set<string>();
  const waiting = new Map<string, () => void>();
  const take = (contentType = "", path = "") => {
    const key = `${contentType} ${path.split(/[./]/).at(-1)}`;
    seen.add(key);
    waiting.get(key)?.();
  };
  const http = createHttp((request, response) => {
    const type = request.headers["content-type"];
    request.resume().on("end", () => {
      take(type, request.url);
      response.writeHead(200, { "content-type": type }).end(type?.includes("json") ? "{}" : "");
    });
  });
  const grpc = createHttp2().on("stream", (stream, headers) => {
    stream.resume().on("end", () => {
      take(headers["content-type"], headers[":path"]?.replace("/Export", ""));
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      // An empty message: nothing to say.
      stream.end(Buffer.alloc(5));
    });
  });
  for (const server of [http, grpc])
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const urlOf = (server: { address(): unknown }) =>
    `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    httpUrl: urlOf(http),
    grpcUrl: urlOf(grpc),
    async received(contentType, path) {
      const key = `${contentType} ${path}`;
      if (!seen.has(key)) await new Promise<void>((resolve) => waiting.set(key, resolve));
    },
    async [Symbol.asyncDispose]() {
      http.closeAllConnections();
      http.close();
      grpc.close();
    },
  };
}
