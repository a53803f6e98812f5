import type { Database } from "@marketmesh/postgres";
import type { KindCache } from "../kind-cache.ts";
import type { Ordinals } from "../ordinals.ts";
import type { PartyKeys } from "../personal/party-keys.ts";
import type { Telemetry } from "../telemetry.ts";

/** What handlers are made from; each asks for its part. */
export interface Deps {
  readonly database: Database;
  readonly kinds: KindCache;
  readonly ordinals: Ordinals;
  readonly keys: PartyKeys;
  /** The life of the listing feed's counter, as far as this process knows. */
  readonly feedEpoch: () => bigint;
  readonly now: () => Date;
  readonly telemetry: Telemetry;
}
