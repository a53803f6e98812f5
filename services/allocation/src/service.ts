import {
  AllocationService,
  DecisionService,
  InventoryService,
  OfferService,
  SolverService,
} from "@marketmesh/contracts/allocation/v1";
import { CatalogService } from "@marketmesh/contracts/catalog/v1";
import { EligibilityService } from "@marketmesh/contracts/eligibility/v1";
import { ScoringService } from "@marketmesh/contracts/scoring/v1";
import type { Host } from "@marketmesh/service-host";
import { allocationConfig } from "./config.ts";
import { AllocateGroup } from "./decide/allocate-group.ts";
import { OrdinalIds } from "./decide/ordinal-ids.ts";
import { Gate } from "./decisions/heavy/gate.ts";
import { keepDecisionLog } from "./decisions/retention.ts";
import { decisionRoutes } from "./decisions/routes.ts";
import { onListing, sidesOfKinds } from "./events/on-listing.ts";
import { AnswerGroup } from "./ledger/answer-group.ts";
import { expireHolds } from "./ledger/expire-holds.ts";
import { ExpiryAlarm } from "./ledger/expiry-alarm.ts";
import { HoldGroup } from "./ledger/hold-group.ts";
import { migrations } from "./migrations.ts";
import { fillOffers } from "./offers/fill-offers.ts";
import { forgetRankings } from "./offers/forget-rankings.ts";
import { serveWaitlists } from "./offers/serve-waitlist.ts";
import { measureOutcomes } from "./outcomes.ts";
import type { RoundDeps } from "./rounds/round-deps.ts";
import { runRoundTimers } from "./rounds/round-timers.ts";
import { runRounds } from "./rounds/round-worker.ts";
import { settleRounds } from "./rounds/settle-rounds.ts";
import { Signals, topics } from "./rounds/signals.ts";
import { inventoryRoutes } from "./rpc/inventory-routes.ts";
import { offerRoutes } from "./rpc/offer-routes.ts";
import { allocationRoutes } from "./rpc/routes.ts";
import type { Shell } from "./shell.ts";
import { solverRoutes } from "./solver/routes.ts";
import { SolutionStore } from "./solver/solution-store.ts";
import { advanceListingPosition, listingSubscription } from "./storage/projection-store.ts";
import { keepStatistics } from "./storage/table-statistics.ts";
import { allocationTelemetry } from "./telemetry.ts";

const getKindTimeoutMs = 5_000;
const statisticsEveryMs = 2_000;

/** Wires allocation together. */
export async function bindAllocation(host: Host): Promise<void> {
  const { roundLeaseMs, roundTimersPollMs, expiryPollMs, measureEveryMs, release, ...sizes } =
    host.config(allocationConfig);
  const database = await host.database({ migrations });
  const events = await host.events(database);
  const signals = new Signals();
  const eligibility = host.mesh(EligibilityService);
  const expiry = new ExpiryAlarm();
  const shared: Omit<Shell, "now"> = {
    database,
    answers: new AnswerGroup(database),
    holds: new HoldGroup(database, 200),
    holdBatches: new HoldGroup(database, 4_000),
    expiry,
    uuid: () => host.uuid(),
    signals,
    eligibility,
    scoring: host.mesh(ScoringService),
    telemetry: allocationTelemetry(host.telemetry),
    release,
    ordinals: new OrdinalIds(),
  };
  const shell: Shell = { ...shared, now: new AllocateGroup(shared) };
  host.serve(AllocationService, allocationRoutes(shell));
  host.serve(OfferService, offerRoutes(shell));
  host.serve(InventoryService, inventoryRoutes(shell));

  const gate = new Gate();
  host.serve(DecisionService, decisionRoutes({ database, release, gate, checks: eligibility }));
  host.serve(SolverService, solverRoutes({ gate, solutions: new SolutionStore(), uuid: () => host.uuid() }));

  const sideOf = sidesOfKinds(host.mesh(CatalogService), () => AbortSignal.timeout(getKindTimeoutMs));
  const subscription = {
    subscription: listingSubscription,
    service: "catalog",
    feeds: ["listing"],
    batchMax: 500,
  };
  events.work(subscription, async (tx, envelopes) => {
    await onListing(sideOf, tx, envelopes);
    for (const epoch of new Set(envelopes.map(({ feedEpoch }) => feedEpoch))) {
      await advanceListingPosition(tx, epoch);
    }
    signals.tell(topics.levelsProjected);
  });

  const deps: RoundDeps = {
    ...shell,
    ...sizes,
    leaseMs: roundLeaseMs,
    log: host.log,
    faultPoint: host.faultPoint,
  };
  host.background("rounds", (signal) => runRounds(deps, signal));
  host.background("statistics", (signal) => keepStatistics({ database, signals }, statisticsEveryMs, signal));
  host.background("round timers", (signal) =>
    runRoundTimers({ database, signals }, roundTimersPollMs, signal),
  );
  host.background("round settling", (signal) => settleRounds(database, signals, signal));
  const offering = { database, signals, log: host.log, uuid: shell.uuid, faultPoint: host.faultPoint };
  host.background("offers", (signal) => fillOffers(offering, signal));
  host.background("waitlists", (signal) => serveWaitlists(offering, signal));
  host.background("old rankings", (signal) => forgetRankings(offering, signal));
  const { metrics } = host.telemetry;
  host.background("outcomes", (signal) =>
    measureOutcomes({ database, metrics, signals, measureEveryMs }, signal),
  );
  const due = { database, signals, alarm: expiry, log: host.log, pollMs: expiryPollMs };
  host.background("decision log", (signal) =>
    keepDecisionLog(database, (rows) => host.log.info("old decisions removed", { rows }), signal),
  );
  host.background("hold expiry", (signal) => expireHolds(due, signal));
}
