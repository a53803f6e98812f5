import type { DescService } from "@bufbuild/protobuf";
import { ConnectError, createClient } from "@connectrpc/connect";
import type { Mesh } from "@marketmesh/cli/mesh";
import { connect } from "@marketmesh/client";
import { AllocationService, DecisionService } from "@marketmesh/contracts/allocation/v1";
import { CatalogService } from "@marketmesh/contracts/catalog/v1";
import { EligibilityService } from "@marketmesh/contracts/eligibility/v1";
import { FulfillmentService } from "@marketmesh/contracts/fulfillment/v1";
import { IdentityService } from "@marketmesh/contracts/identity/v1";
import { ScoringService } from "@marketmesh/contracts/scoring/v1";
import { type Channel, channel, targetOf } from "@marketmesh/rpc";
import { decideRounds, doTasks, type Keeping, readExports, Watcher } from "./keepers.ts";
import { Ledger } from "./ledger.ts";
import { createMarket } from "./market.ts";
import { differing, listingVersions, Model } from "./model.ts";
import { stories } from "./stories.ts";

export interface LoadOptions {
  readonly endpoints: Readonly<Record<string, string>>;
  readonly apiKey: string;
  /** Stories that begin in a second, whether or not those before them are told, up to `atOnceMax`. One takes three calls on average. */
  readonly storiesPerSecond: number;
}

/** The services that it calls. */
export const loadedServices: readonly string[] = [
  "identity",
  "catalog",
  "eligibility",
  "scoring",
  "allocation",
  "fulfillment",
];

/** With so many under way, none begins: a machine that is too slow for the load gets less of it. */
const atOnceMax = 60;
const everyMs = 5;

/** A steady load on one market, by clients as customers have them, and what it knows of what it did. */
export class Load implements Disposable {
  readonly ledger = new Ledger();
  readonly model = new Model();
  readonly watcher = new Watcher();
  /** What went wrong apart from calls that failed. */
  readonly violations: string[] = [];
  readonly #options: LoadOptions;
  readonly #tokens: ReturnType<typeof connect>;
  readonly #channels: Channel[] = [];
  readonly #plain: Mesh;
  readonly #metered: Mesh;
  readonly #told = new Set<Promise<void>>();
  readonly #arrivals = new AbortController();
  readonly #keepers = new AbortController();
  #arriving: Promise<void> = Promise.resolve();
  #keeping: Promise<unknown> = Promise.resolve();
  #watching: Promise<void> = Promise.resolve();

  constructor(options: LoadOptions) {
    this.#options = options;
    const { endpoints, apiKey } = options;
    this.#tokens = connect({ endpoints, apiKey });
    // As the public client makes them, but that each attempt is counted.
    const attach = async (header: Pick<Headers, "set">) => {
      this.ledger.attempt();
      header.set("authorization", `Bearer ${await this.#tokens.token()}`);
    };
    const clientOf = <S extends DescService>(service: S) => {
      const target = endpoints[targetOf(service)]!;
      const way = channel({ target, attach, nowMs: Date.now, random: Math.random });
      this.#channels.push(way);
      return createClient(service, way);
    };
    const services = {
      identity: clientOf(IdentityService),
      tokens: this.#tokens.tokens,
      catalog: clientOf(CatalogService),
      eligibility: clientOf(EligibilityService),
      scoring: clientOf(ScoringService),
      allocation: clientOf(AllocationService),
      decisions: clientOf(DecisionService),
      fulfillment: clientOf(FulfillmentService),
    };
    this.#plain = { ...services, feeds: {} };
    const metered = Object.entries(services).map(([name, client]) => [
      name,
      this.ledger.metered(name, client),
    ]);
    this.#metered = { ...Object.fromEntries(metered), feeds: {} } as Mesh;
  }

  /** As it is, for questions that are no load. */
  get mesh(): Mesh {
    return this.#plain;
  }

  async begin(): Promise<void> {
    await createMarket(this.#plain);
    const keeping: Keeping = {
      mesh: this.#metered,
      streams: this.#plain,
      ledger: this.ledger,
      model: this.model,
      signal: this.#keepers.signal,
      pause: (ms) => pause(ms, this.#keepers.signal),
      note: (what, error) => this.#noteUnlessCounted(what, error),
    };
    this.#watching = this.#kept("the watch of listings", this.watcher.follow(keeping));
    this.#keeping = Promise.all([
      this.#kept("tasks", doTasks(keeping)),
      this.#kept("exports", readExports(keeping, this.violations)),
    ]);
    this.#arriving = Promise.all([this.#arrive(), this.#kept("rounds", this.#rounds(keeping))]).then(
      () => {},
    );
  }

  /** Names what goes on from now, and resolves when so many calls more were answered or have failed. */
  async answered(phase: string, count: number): Promise<void> {
    this.ledger.phase = phase;
    const enough = this.ledger.calls.length + count;
    while (this.ledger.calls.length < enough) await pause(everyMs * 4);
  }

  /** Nothing new begins; what has begun is told to its end. Tasks are done, and listings watched, until `end`. */
  async wane(): Promise<void> {
    this.#arrivals.abort();
    await this.#arriving;
    await Promise.all(this.#told);
  }

  /** What the mesh says otherwise than what the load knows. */
  async differing(): Promise<string[]> {
    const found = await differing(this.#plain, this.model);
    const versions = await listingVersions(this.#plain);
    const unseen = [...versions].filter(([name, version]) => this.watcher.versions.get(name) !== version);
    return [...found, ...unseen.map(([name]) => `the watch missed the last version of ${name}`)];
  }

  async end(): Promise<void> {
    this.#arrivals.abort();
    this.#keepers.abort();
    await Promise.all([this.#arriving, this.#keeping, this.#watching]);
  }

  [Symbol.dispose](): void {
    this.#arrivals.abort();
    this.#keepers.abort();
    for (const way of this.#channels) way.close();
    this.#tokens.close();
  }

  #rounds(keeping: Keeping): Promise<void> {
    const { signal } = this.#arrivals;
    return decideRounds({ ...keeping, signal, pause: (ms) => pause(ms, signal) });
  }

  async #arrive(): Promise<void> {
    const { storiesPerSecond } = this.#options;
    const { signal } = this.#arrivals;
    const startMs = performance.now();
    for (let number = 0; !signal.aborted; ) {
      while (startMs + (number * 1_000) / storiesPerSecond <= performance.now()) {
        if (this.#told.size < atOnceMax) this.#tell(number);
        number += 1;
      }
      await pause(everyMs, signal);
    }
  }

  #tell(number: number): void {
    const story = stories[number % stories.length]!;
    const told = story({ mesh: this.#metered, model: this.model, number, pause: (ms) => pause(ms) })
      .catch((error) => this.#noteUnlessCounted(`story ${number} (${story.name})`, error))
      .finally(() => this.#told.delete(told));
    this.#told.add(told);
  }

  async #kept(what: string, work: Promise<void>): Promise<void> {
    await work.catch((error) => this.#note(what, error));
  }

  /** A call that failed is in the ledger; what it was part of is not told on. */
  #noteUnlessCounted(what: string, error: unknown): void {
    if (!(error instanceof ConnectError)) this.#note(what, error);
  }

  #note(what: string, error: unknown): void {
    this.violations.push(`${what}: ${String(error)}`);
  }
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done, { once: true });
  });
}
