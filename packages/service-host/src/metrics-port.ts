import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { NodeListener } from "@marketmesh/rpc";

/** The port that Prometheus scrapes. */
export interface MetricsPort {
  readonly port: number;
  close(): Promise<void>;
}

export async function openMetricsPort(
  host: string,
  port: number,
  listener: NodeListener,
): Promise<MetricsPort> {
  const server = createServer(listener);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, resolve);
  });
  return { port: (server.address() as AddressInfo).port, close: () => closed(server) };
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
