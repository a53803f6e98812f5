import { faultsOf, type NodeListener } from "@marketmesh/rpc";
import type { Telemetry } from "@marketmesh/telemetry";
import type { HttpHandler } from "./host.ts";
import type { Readiness } from "./readiness.ts";

/** Serves plain HTTP: exact paths; 404 for the rest unless told otherwise, 500 for a handler that throws. */
export function httpRoutes(
  routes: ReadonlyMap<string, HttpHandler>,
  telemetry: Telemetry,
  otherwise: NodeListener = notFound,
): NodeListener {
  const faults = faultsOf(telemetry);
  return (request, response) => {
    const path = (request.url ?? "/").split("?", 1)[0] as string;
    const handler = routes.get(path);
    if (!handler) {
      otherwise(request, response);
      return;
    }
    Promise.resolve()
      .then(() => handler(request, response))
      .catch((cause) => {
        faults.report("handler", "http handler failed", cause, { path });
        if (!response.headersSent) response.writeHead(500, { "content-type": "text/plain" });
        response.end();
      });
  };
}

const notFound: NodeListener = (_, response) => {
  response.writeHead(404, { "content-type": "text/plain" });
  response.end("not found\n");
};

/** Alive while the event loop turns. */
export const livez: HttpHandler = (_, response) => {
  response.writeHead(200, { "content-type": "text/plain" });
  response.end("ok\n");
};

/** 200 when ready, else 503 with the names of the checks that fail. */
export function readyz(readiness: Readiness): HttpHandler {
  return (_, response) => {
    const failing = readiness.failing();
    response.writeHead(failing.length === 0 ? 200 : 503, { "content-type": "text/plain" });
    response.end(failing.length === 0 ? "ok\n" : `not ready: ${failing.join(", ")}\n`);
  };
}
