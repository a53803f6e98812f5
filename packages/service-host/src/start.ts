import type { Bind, Env, RunningService } from "./host.ts";
import { launch } from "./lifecycle.ts";

/**
 * Starts a service for tests, unless the environment says otherwise: free ports on loopback, warnings and errors logged,
 * nothing refused for delay, because clients and servers share an event loop.
 */
export async function start(
  name: string,
  bind: Bind,
  env: Env = {},
  options: { readonly write?: (line: string) => void } = {},
): Promise<RunningService> {
  const write = options.write ?? ((line: string) => void process.stdout.write(line));
  return await launch(
    name,
    bind,
    { HOST: "127.0.0.1", PORT: "0", METRICS_PORT: "0", LOG_LEVEL: "warn", QUEUE_DELAY_MS: "0", ...env },
    write,
  );
}
