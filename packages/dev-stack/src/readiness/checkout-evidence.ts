import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { ServiceEntry } from "../supervisor/service-table.ts";
import type { Evidence, Manifest, RunningEvidence } from "./evidence.ts";
import { factOf } from "./facts.ts";
import { renderedManifests } from "./rendered-manifests.ts";
import { type RunningMesh, startRunningMesh } from "./running-mesh.ts";
import { sourcesDigest } from "./sources-digest.ts";
import { terraformBlocks } from "./terraform-blocks.ts";
import { readTestResults, type TestResults } from "./test-results.ts";

/** Where a checkout's evidence comes from. */
export interface EvidenceSources {
  readonly checkout: string;
  /** The services that are started for a look at them. */
  readonly services: readonly ServiceEntry[];
  /** The folder that `npm test` leaves its results in: `.marketmesh`. */
  readonly stateDir: string;
}

/** The evidence of a checkout, each part looked at once; what was started for it is stopped at the end of `await using`. */
export interface CheckoutEvidence extends Evidence, AsyncDisposable {
  /** Stops what was started; what it has shown is remembered. */
  stopServices(): Promise<void>;
}

/** Opens the evidence of a checkout. Nothing is read, rendered or started before a check asks. */
export function checkoutEvidence(sources: EvidenceSources): CheckoutEvidence {
  const { checkout, services, stateDir } = sources;
  const full = (path: string) => join(checkout, path);
  const tests = once(() => lastResults(checkout, stateDir));
  const mesh = once(() => startedOrError(services, join(stateDir, "bin")));
  const running = new Map<string, Promise<RunningEvidence | Error>>();
  const manifests = once(() =>
    orError<readonly Manifest[]>(() => renderedManifests(checkout, join(stateDir, "bin"))),
  );
  const terraform = new Map<string, ReturnType<Evidence["terraform"]>>();
  const facts = new Map<string, ReturnType<Evidence["fact"]>>();
  let started = false;

  async function look(service: string): Promise<RunningEvidence | Error> {
    started = true;
    const all = await mesh();
    return all instanceof Error ? all : orError(async () => remembering(await all.look(service)));
  }

  const stopServices = once(async () => {
    if (!started) return;
    const all = await mesh();
    if (!(all instanceof Error)) await all.stop();
  });

  return {
    file: (path) => (isFile(full(path)) ? readFileSync(full(path), "utf8") : undefined),
    filesBelow: (folder) =>
      existsSync(full(folder))
        ? readdirSync(full(folder), { recursive: true, encoding: "utf8" })
            .map((path) => `${folder}/${path}`)
            .filter((path) => isFile(full(path)))
            .sort()
        : [],
    tests,
    coverage: (service) => {
      const results = tests();
      if (results instanceof Error) return results;
      return coverageOf(service, results);
    },
    process: (service) => kept(running, service, () => look(service)),
    manifests,
    terraform: (folder) =>
      kept(terraform, folder, () => orError(() => terraformBlocks(full(`terraform/${folder}`)))),
    fact: (name, service) => kept(facts, `${name} ${service}`, () => factOf(name, checkout, service)),
    stopServices,
    [Symbol.asyncDispose]: stopServices,
  };
}

/** Percent of a service's lines that a run's tests ran. */
export function coverageOf(service: string, { coverage }: TestResults): number | Error {
  return coverage[`services/${service}`] ?? new Error(`no line of ${service} was counted: run npm test`);
}

/** Asks each path once. */
function remembering(running: RunningEvidence | Error): RunningEvidence | Error {
  if (running instanceof Error) return running;
  const answers = new Map<string, ReturnType<RunningEvidence["get"]>>();
  return { ...running, get: (path) => kept(answers, path, () => running.get(path)) };
}

function lastResults(checkout: string, stateDir: string): TestResults | Error {
  const results = readTestResults(join(stateDir, "test-results.json"));
  if (results === undefined) return new Error("there are no test results: run npm test");
  if (results.sources !== sourcesDigest(checkout))
    return new Error(`test results of ${results.time} are of other sources: run npm test`);
  return results;
}

function startedOrError(services: readonly ServiceEntry[], binDir: string): Promise<RunningMesh | Error> {
  return orError(() => startRunningMesh(services, binDir));
}

async function orError<T>(work: () => Promise<T | Error>): Promise<T | Error> {
  try {
    return await work();
  } catch (cause) {
    return cause instanceof Error ? cause : new Error(String(cause));
  }
}

function once<T>(work: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: work() };
    return made.value;
  };
}

function kept<T>(all: Map<string, T>, key: string, make: () => T): T {
  const value = all.get(key) ?? make();
  all.set(key, value);
  return value;
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}
