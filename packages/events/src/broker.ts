import { connect, type JetStreamClient, type JetStreamManager, type NatsConnection } from "nats";
import { type BrokerLogin, loginOptions } from "./broker-login.ts";
import type { OnNotice } from "./notice.ts";
import { inboxOf } from "./permissions.ts";
import { backoffMs, wakeUp } from "./wake-up.ts";

/** A connection to the broker that reconnects for ever. */
export interface Broker {
  readonly connection: NatsConnection;
  readonly client: JetStreamClient;
  readonly manager: JetStreamManager;
}

export interface BrokerOptions {
  /** One URL or several separated by commas. */
  readonly natsUrl: string;
  readonly login?: BrokerLogin | undefined;
  readonly name: string;
  readonly onNotice: OnNotice;
}

/** Connects as soon as the broker is there, however long that takes; rejects when the signal aborts before. */
export async function connectBroker(options: BrokerOptions, signal: AbortSignal): Promise<Broker> {
  const { onNotice } = options;
  const idle = wakeUp();
  for (let failures = 0; !signal.aborted; ) {
    try {
      return await connectOnce(options);
    } catch (error) {
      onNotice({ level: "warn", message: "broker is away", attributes: { error: String(error), failures } });
      await idle.sleep(backoffMs(failures++), signal);
    }
  }
  throw new Error("stopped before the broker was there");
}

async function connectOnce({ natsUrl, login, name, onNotice }: BrokerOptions): Promise<Broker> {
  const connection = await connect({
    ...loginOptions(natsUrl, login),
    name,
    inboxPrefix: inboxOf(name),
    timeout: 2_000,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    pingInterval: 5_000,
    maxPingOut: 2,
  });
  void tellOfConnection(connection, onNotice);
  const manager = await connection.jetstreamManager({ checkAPI: false });
  return { connection, client: connection.jetstream(), manager };
}

async function tellOfConnection(connection: NatsConnection, onNotice: OnNotice): Promise<void> {
  for await (const { type, data } of connection.status()) {
    // A permission that is missing shows as nothing but this.
    if (type === "error")
      onNotice({
        level: "error",
        message: "broker error",
        attributes: { error: String(data).slice(0, 300) },
      });
    if (type !== "disconnect" && type !== "reconnect") continue;
    onNotice({ level: type === "reconnect" ? "info" : "warn", message: `broker ${type}`, attributes: {} });
  }
}
