import { type ConnectOptions, connect } from "@marketmesh/client";
import type { Mesh } from "./mesh.ts";

/** Clients of a mesh, to be disposed of. */
export interface ConnectedMesh extends Mesh, Disposable {
  /** The token that its calls are made with. */
  accessToken(): Promise<string>;
}

/** Connects to every service as the principal of an API key. */
export function connectMesh(
  endpoints: Readonly<Record<string, string>>,
  apiKey: string,
  options: Pick<ConnectOptions, "patienceMs" | "tls"> = {},
): ConnectedMesh {
  const mesh = connect({ ...options, endpoints, apiKey });
  const feeds = Object.keys(endpoints).map((service) => [service, mesh.feeds(service)] as const);
  return {
    identity: mesh.identity,
    tokens: mesh.tokens,
    catalog: mesh.catalog,
    eligibility: mesh.eligibility,
    scoring: mesh.scoring,
    allocation: mesh.allocation,
    decisions: mesh.decisions,
    get fulfillment() {
      return mesh.fulfillment;
    },
    feeds: Object.fromEntries(feeds),
    accessToken: () => mesh.token(),
    [Symbol.dispose]: () => mesh.close(),
  };
}
