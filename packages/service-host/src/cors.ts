import { cors } from "@connectrpc/connect";
import type { NodeRequest, NodeResponse } from "@marketmesh/rpc";

const allowHeaders = [
  ...cors.allowedHeaders,
  "authorization",
  "x-request-id",
  "traceparent",
  "tracestate",
].join(", ");
const exposeHeaders = [...cors.exposedHeaders, "x-request-id"].join(", ");
const preflightSeconds = 7_200;

/**
 * Lets scripts of the allowed origins call from browsers. Returns true when it has answered (a preflight). Tokens travel
 * in a header and never in a cookie, so credentials are not allowed.
 */
export function corsFilter(
  origins: readonly string[],
): (request: NodeRequest, response: NodeResponse) => boolean {
  const all = origins.includes("*");
  return (request, response) => {
    const { origin } = request.headers;
    if (typeof origin !== "string") return false;
    const allowed = all || origins.includes(origin);
    const preflight =
      request.method === "OPTIONS" && request.headers["access-control-request-method"] !== undefined;
    if (allowed) {
      response.setHeader("access-control-allow-origin", all ? "*" : origin);
      if (!all) response.setHeader("vary", "origin");
      if (preflight) {
        response.setHeader("access-control-allow-methods", cors.allowedMethods.join(", "));
        response.setHeader("access-control-allow-headers", allowHeaders);
        response.setHeader("access-control-max-age", String(preflightSeconds));
      } else {
        response.setHeader("access-control-expose-headers", exposeHeaders);
      }
    }
    if (!preflight) return false;
    response.writeHead(allowed ? 204 : 403);
    response.end();
    return true;
  };
}
