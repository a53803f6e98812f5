import type { DescService } from "@bufbuild/protobuf";
import { AllocationService } from "@marketmesh/contracts/allocation/v1";
import { FulfillmentService } from "@marketmesh/contracts/fulfillment/v1";
import { rolesOf } from "@marketmesh/postgres";
import { type Host, withPasswordFiles } from "@marketmesh/service-host";
import type { ClientOf } from "./calls/contract-call.ts";
import { runCalls } from "./calls/run-calls.ts";
import { Clocks } from "./clocks.ts";
import { fulfillmentConfig } from "./config.ts";
import { onFacts } from "./events/on-facts.ts";
import { gauges } from "./gauges.ts";
import { restoreJobs } from "./jobs/restore-jobs.ts";
import { runJobs } from "./jobs/run-jobs.ts";
import { migrateMore, migrations } from "./migrations.ts";
import { removeEndedRuns } from "./remove-ended-runs.ts";
import { fulfillmentRoutes } from "./rpc/routes.ts";
import type { Shell } from "./shell.ts";
import { WorkflowLibrary } from "./steps/workflow-library.ts";
import { fulfillmentTelemetry } from "./telemetry.ts";
import { Nudge } from "./timers/nudge.ts";
import { runSandboxTimers } from "./timers/sandbox-timers.ts";
import { wakeJobs } from "./timers/wake-jobs.ts";

/** What workflows may be about: whole feeds of the services that decide. */
const subscriptions = [
  {
    subscription: "runs-of-allocation",
    service: "allocation",
    feeds: ["offer", "allocation", "round", "hold", "clock"],
  },
  { subscription: "runs-of-catalog", service: "catalog", feeds: ["listing"] },
  { subscription: "runs-of-emissions", service: "fulfillment", feeds: ["emission"] },
] as const;

const dayMs = 86_400_000;

/** Wires fulfillment together. */
export async function bindFulfillment(host: Host): Promise<void> {
  const config = host.config(fulfillmentConfig);
  const database = await host.database({ migrations });
  await migrateJobQueue(host);
  const events = await host.events(database);
  const telemetry = fulfillmentTelemetry(host.telemetry);
  const runsKeptMs = config.runsKeptDays * dayMs;
  const shell: Shell = {
    database,
    clocks: new Clocks(host.mesh(AllocationService)),
    library: new WorkflowLibrary(),
    telemetry,
    uuid: () => host.uuid(),
    nowMs: () => host.now().getTime(),
    runsKeptMs,
    faultPoint: (point) => host.faultPoint(point),
  };
  host.serve(FulfillmentService, fulfillmentRoutes(shell));

  const clockTold = new Nudge();
  const handle = onFacts(shell, () => clockTold.tell());
  for (const { feeds, ...subscription } of subscriptions) {
    // A step of one run costs a dozen statements, a step of a hundred hardly more.
    events.work({ ...subscription, feeds: [...feeds], batchMax: 500, gatherMs: 25 }, handle);
  }

  const work = { call: runCalls(shell, clientsOf(host), host.telemetry, config), wake: wakeJobs(shell) };
  const queue = { url: database.backgroundUrl, poolMax: config.jobsPoolMax, atOnceMax: config.callsMax };
  host.background("jobs", (signal) => runJobs(work, queue, { log: host.log, telemetry }, signal));
  host.background("lost jobs", (signal) => restoreJobs(database, telemetry, config.restoreEveryMs, signal));
  host.background("retention", (signal) => removeEndedRuns(database, telemetry, runsKeptMs, signal));
  host.background("gauges", gauges(host.telemetry.metrics, database));
  host.background("sandbox timers", (signal) =>
    runSandboxTimers(shell, clockTold, config.runsPerWake, signal),
  );
}

async function migrateJobQueue({ env }: Host): Promise<void> {
  const { DATABASE_URL: url, DATABASE_BACKGROUND_URL: background, DATABASE_MIGRATOR_URL: owner } = env;
  if (!url || !background || !owner) return;
  const urls = withPasswordFiles({ url, backgroundUrl: background, migratorUrl: owner }, env);
  const { backgroundRole } = rolesOf(urls);
  await migrateMore({ ownerUrl: urls.migratorUrl, backgroundRole });
}

/** Clients by descriptor: a workflow names its methods at run time. */
function clientsOf(host: Host): ClientOf {
  const clients = new Map<string, ReturnType<ClientOf>>();
  return (service: DescService) => {
    const client = clients.get(service.typeName) ?? (host.mesh(service) as unknown as ReturnType<ClientOf>);
    clients.set(service.typeName, client);
    return client;
  };
}
