import { setTimeout as delay } from "node:timers/promises";
import { IdentityService, TokenService } from "@marketmesh/contracts/identity/v1";
import type { Events } from "@marketmesh/events";
import { faultsOf } from "@marketmesh/rpc";
import type { Host } from "@marketmesh/service-host";
import { applyBootstrap } from "./bootstrap/apply-bootstrap.ts";
import { readBootstrapFile } from "./bootstrap/bootstrap-file.ts";
import { type ErasureListPlace, type IdentityConfig, identityConfig } from "./config.ts";
import { FailureLimiter } from "./domain/failure-limiter.ts";
import type { SchedulePolicy } from "./domain/key-schedule.ts";
import { type ErasureList, openErasureList } from "./erasures/erasure-list.ts";
import { openErasureStream } from "./erasures/erasure-stream.ts";
import { reapplyErasures } from "./erasures/reapply-erasures.ts";
import { migrations } from "./migrations.ts";
import { fetchJson } from "./oidc/bounded-fetch.ts";
import { issuerKeys } from "./oidc/issuer-keys.ts";
import { identityRoutes, tokenRoutes } from "./rpc/routes.ts";
import { masterKeyOf } from "./secrets/master-key.ts";
import { identityTelemetry } from "./telemetry.ts";
import { tokenLifeMs } from "./tokens/access-token.ts";
import { exchanges } from "./tokens/exchanges.ts";
import { jwksOf } from "./tokens/jwks.ts";
import { type KeyRing, keyRing } from "./tokens/key-ring.ts";

const clockSkewMs = 60_000;
const issuerFetch = { timeoutMs: 5_000, bytesMax: 262_144 };

/** Wires identity together. */
export async function bindIdentity(host: Host): Promise<void> {
  const config = host.config(identityConfig);
  const masterKey = masterKeyOf(config.masterKey);
  const database = await host.database({ migrations });
  const shell = { database, now: () => host.now(), uuid: () => host.uuid() };
  const events = await host.events(database);
  if (config.bootstrapFile) await applyBootstrap(shell, await readBootstrapFile(config.bootstrapFile));

  const erasureList = await openList(placeOf(config), host, events);
  if (erasureList) {
    const count = await reapplyErasures(shell, erasureList);
    if (count > 0) host.log.warn("parties were erased again: the database had forgotten it", { count });
  }

  const keys = keyRing({ ...shell, masterKey, policy: scheduleOf(config) });
  await keys.refresh();
  host.background("signing keys", (signal) => keepRefreshing(keys, config.jwksRefreshMs / 2, signal));

  const { httpIssuersAllowed } = config;
  const telemetry = identityTelemetry(host.telemetry);
  const credentials = exchanges({
    shell,
    issuerKeys: issuerKeys({
      fetchJson: (url) => fetchJson(url, issuerFetch),
      nowMs: () => host.now().getTime(),
      httpAllowed: httpIssuersAllowed,
    }),
    limiter: failureLimiter(config),
    observe: telemetry.exchange,
  });
  host.serve(IdentityService, identityRoutes(shell, { masterKey, httpIssuersAllowed, erasureList }));
  host.serve(TokenService, tokenRoutes({ shell, keyRing: keys }, credentials));
  serveJwks(host, keys, config.jwksRefreshMs);
}

function placeOf({ erasureList, erasureListFile }: IdentityConfig): ErasureListPlace {
  return erasureList ?? (erasureListFile === undefined ? undefined : `file:${erasureListFile}`);
}

async function openList(
  place: ErasureListPlace,
  host: Host,
  events: Events,
): Promise<ErasureList | undefined> {
  if (place === undefined) return undefined;
  if (place === "stream") {
    const report = (numbers: readonly number[]) => reportMalformed(host, numbers);
    return openErasureStream(await events.kept("erasures"), report);
  }
  return openErasureList(place.slice("file:".length));
}

function reportMalformed(host: Host, numbers: readonly number[]): void {
  const fields = { count: numbers.length, messages: numbers.slice(0, 10) };
  const cause = new Error("what is in the stream of erasures is no erasure");
  faultsOf(host.telemetry).report("background", "messages of the erasure list were skipped", cause, fields);
}

function scheduleOf(config: IdentityConfig): SchedulePolicy {
  return {
    rotateMs: config.keyRotationHours * 3_600_000,
    publishAheadMs: 2 * config.jwksRefreshMs,
    keepMs: tokenLifeMs + clockSkewMs,
  };
}

function failureLimiter({ failedExchangesPerSecond: perSecond }: IdentityConfig): FailureLimiter {
  return new FailureLimiter({ perSecond, burst: 4 * perSecond, perCredential: 10, rememberedMax: 10_000 });
}

async function keepRefreshing(keys: KeyRing, everyMs: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await delay(everyMs, undefined, { signal }).catch(() => {});
    if (!signal.aborted) await keys.refresh();
  }
}

function serveJwks(host: Host, keys: KeyRing, refreshMs: number): void {
  const seconds = Math.floor(refreshMs / 1_000);
  host.http("/.well-known/jwks.json", (_, response) => {
    const headers = { "content-type": "application/json", "cache-control": `public, max-age=${seconds}` };
    response.writeHead(200, headers);
    response.end(JSON.stringify(jwksOf(keys.published())));
  });
}
