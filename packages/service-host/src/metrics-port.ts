import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { NodeListener, RpcServer } from "@marketmesh/rpc";
import type { Metrics } from "@marketmesh/telemetry";

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

/** Adds what the process itself tells: memory, processor time, event loop delay since the last scrape, calls in flight. */
export function measureProcess(metrics: Metrics, load: RpcServer["load"]): Disposable {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  metrics.gauge({
    name: "process_resident_memory_bytes",
    help: "Memory of the process",
    read: () => process.memoryUsage.rss(),
  });
  metrics.gauge({
    name: "process_heap_used_bytes",
    help: "Memory of live JavaScript objects",
    read: () => process.memoryUsage().heapUsed,
  });
  metrics.gauge({
    name: "process_cpu_seconds_total",
    help: "Processor time since the start",
    read: cpuSeconds,
  });
  metrics.gauge({
    name: "process_uptime_seconds",
    help: "Time since the start",
    read: () => process.uptime(),
  });
  metrics.gauge({
    name: "event_loop_delay_p99_seconds",
    help: "99th percentile of the event loop's delay since the last scrape",
    read: () => {
      const seconds = Number(delay.percentile(99)) / 1e9;
      delay.reset();
      return seconds;
    },
  });
  metrics.gauge({
    name: "rpc_server_calls_in_flight",
    help: "Unary calls being handled",
    read: () => load.calls,
  });
  metrics.gauge({
    name: "rpc_server_streams_in_flight",
    help: "Streams being handled",
    read: () => load.streams,
  });
  return { [Symbol.dispose]: () => delay.disable() };
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
