import type { Client, ServiceImpl } from "@connectrpc/connect";
import type { FeedService } from "@marketmesh/contracts/events/v1";
import type { Database } from "@marketmesh/postgres";
import type { Events } from "./events.ts";

/** What the events of a service stand on. */
export interface EventsOptions {
  /** The service's name, for example `catalog`. */
  readonly service: string;
  /** Absent for a service without a database: it can follow, but neither announce nor work. */
  readonly database?: Database;
  /** NATS_URL, one or several separated by commas. */
  readonly natsUrl: string;
  /** The FeedService of another service, as a client: where its followers ask. */
  readonly feedsOf: (service: string) => Pick<Client<typeof FeedService>, "locateFeed">;
  /** First word of every subject and stream name; default `marketmesh`. Tests isolate themselves by it. */
  readonly namespace?: string;
  /** Copies of each stream; default 1. */
  readonly replicas?: number;
  /** Bound of this service's stream; default 1 GiB. */
  readonly streamBytesMax?: number;
  /** Told of what an operator should know: reconnects, retries, dead letters. Never of contents. */
  readonly onNotice?: (notice: Notice) => void;
}

/** Something an operator should know. */
export interface Notice {
  readonly level: "info" | "warn" | "error";
  readonly message: string;
  readonly attributes: Readonly<Record<string, string | number>>;
}

/** Connects, keeps this service's stream, and starts its relay. A broker that is away only delays; it never throws. */
export declare function openEvents(options: EventsOptions): Promise<Events>;

/** The handlers of FeedService; the host serves them for every service with a database. */
export declare function feedServiceRoutes(events: Events): ServiceImpl<typeof FeedService>;
