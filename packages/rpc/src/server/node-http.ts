import type { IncomingMessage, ServerResponse } from "node:http";

/** A request over HTTP/1.1, or over HTTP/2 in the shape of Node's compatibility API. */
export type NodeRequest = IncomingMessage;
/** A response over HTTP/1.1, or over HTTP/2 in the shape of Node's compatibility API: no status message. */
export type NodeResponse = ServerResponse;
export type NodeListener = (request: NodeRequest, response: NodeResponse) => void;
