import {
  advanceRun,
  type HistoryEntry,
  type Json,
  type JsonObject,
  parseWorkflow,
  type RunEvent,
  type RunState,
  replayRun,
  startRun,
  triggeredInput,
  type Workflow,
} from "@marketmesh/workflow-engine";
import { describe, expect, it } from "vitest";
import { packNames, readPack } from "./pack.ts";
import { contractMethod } from "./testing/contract-methods.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const t0 = Date.parse("2026-03-01T00:00:00Z");
const market = "markets/m";
const tasks = "marketmesh.fulfillment.v1.Task";
const allocations = "marketmesh.allocation.v1.";

describe.each(packNames())("the workflows of %s", (pack) => {
  it.each(readPack(pack).workflows)("$name fits the engine and the contracts", ({ name, source }) => {
    const parsed = parseWorkflow(source, contractMethod);
    expect(parsed).toMatchObject({ ok: true, workflow: { name } });
  });
});

it("every pack has the workflows that its market is carried out by", () => {
  const names = packNames().map((pack) => [pack, readPack(pack).workflows.map(({ name }) => name)]);
  expect(names).toEqual([
    ["data", ["access"]],
    ["goods", ["sale"]],
    ["labor", ["placement", "routing"]],
  ]);
});

/** What happens next, in words: an answer to a call, a task's end, an event, a time that passes, a failed call. */
type Happening =
  | { readonly answer: JsonObject }
  | { readonly refused: readonly [status: number, title: string] }
  | { readonly completed: string; readonly result?: JsonObject }
  | { readonly expired: string }
  | { readonly hears: string; readonly subject?: string; readonly data?: Json }
  | { readonly passes: number };

/** A played run: calls are written as they were asked, and the whole history is replayed after each step. */
class Played {
  readonly calls: string[] = [];
  readonly emitted: string[] = [];
  readonly #workflow: Workflow;
  readonly #entries: HistoryEntry[] = [];
  #nowMs = t0;
  #pending = "";
  state: RunState;

  constructor(pack: string, name: string, type: string, subject: string, data: JsonObject) {
    const source = readPack(pack).workflows.find((workflow) => workflow.name === name)!.source;
    const parsed = parseWorkflow(source, contractMethod);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    this.#workflow = parsed.workflow;
    const event = { id: "e0", type, subject, timeMs: t0, data };
    expect(this.#workflow.triggers.some((trigger) => trigger.accepts(event, market))).toBe(true);
    const input = triggeredInput(event, market);
    const step = startRun(this.#workflow, { run: `${market}/runs/r`, market, subject, input, nowMs: t0 });
    this.state = step.state;
    this.#take(step);
  }

  happen(one: Happening): void {
    this.#take(advanceRun(this.#workflow, this.state, this.#eventOf(one)));
  }

  #eventOf(one: Happening): RunEvent {
    if ("passes" in one) {
      this.#nowMs += one.passes;
      return { kind: "woken", nowMs: this.#nowMs };
    }
    const nowMs = this.#nowMs;
    if ("answer" in one) return { kind: "returned", nowMs, effectId: this.#pending, output: one.answer };
    if ("refused" in one) {
      const [status, title] = one.refused;
      const error = {
        type: "https://serverlessworkflow.io/spec/1.0.0/errors/communication",
        status,
        title,
        detail: "",
        instance: "",
      };
      return { kind: "failed", nowMs, effectId: this.#pending, error };
    }
    if ("hears" in one) return this.#received(one.hears, one.subject ?? "", one.data ?? {});
    if ("expired" in one)
      return this.#received(`${tasks}Expired`, one.expired, { task: { type: one.expired } });
    const task = { type: one.completed, ...(one.result && { result: one.result }) };
    return this.#received(`${tasks}Completed`, one.completed, { task });
  }

  #received(type: string, subject: string, data: Json): RunEvent {
    const event = { id: `e${this.#entries.length}`, type, subject, timeMs: this.#nowMs, data };
    return { kind: "received", nowMs: this.#nowMs, event };
  }

  #take(step: ReturnType<typeof startRun>): void {
    expect(step.ignored).toBe(false);
    if (step.ignored) return;
    this.state = step.state;
    this.#entries.push(step.entry);
    expect(replayRun(this.#workflow, JSON.parse(JSON.stringify(this.#entries)))).toEqual(this.state);
    for (const effect of step.effects) {
      if (effect.kind === "emit") this.emitted.push(`${effect.event.type} ${effect.event.subject}`);
      else {
        this.#pending = effect.id;
        const name = effect.method.slice(effect.method.indexOf("/") + 1);
        const { task } = effect.request as { task?: JsonObject };
        if (name !== "CreateTask") this.calls.push(`${name} ${JSON.stringify(effect.request)}`);
        else this.calls.push(`${task!.type} ${task!.party ?? "staff"} until ${task!.dueTime}`);
        // The service carries a task out within the step.
        if (name === "CreateTask") this.happen({ answer: { task: { name: "t" } } });
      }
    }
  }
}

const allocation = {
  name: `${market}/allocations/a`,
  demand: `${market}/listings/d`,
  supply: `${market}/listings/s`,
  units: "1",
};
const listings = (demand: JsonObject, supply: JsonObject): Happening => ({
  answer: {
    listings: [
      { name: allocation.demand, owner: `${market}/parties/d`, attributes: demand },
      { name: allocation.supply, owner: `${market}/parties/s`, attributes: supply },
    ],
    missingNames: [],
  },
});
const committed = (pack: string, name: string) =>
  new Played(pack, name, `${allocations}AllocationCommitted`, allocation.name, { allocation });

type Course = readonly [
  name: string,
  happenings: readonly Happening[],
  stage: string,
  outcome: string | undefined,
];

function play(
  run: Played,
  happenings: readonly Happening[],
  stage: string,
  outcome: string | undefined,
): void {
  for (const one of happenings) run.happen(one);
  expect(run.state.fault).toBeUndefined();
  expect(run.state.stage).toBe(stage);
  expect((run.state.output as JsonObject | undefined)?.outcome).toBe(outcome);
}

describe("labor placement", () => {
  const prepared = listings({ starts_on: "2026-03-10T08:00:00Z" }, {});
  it.each<Course>([
    ["starts with documents", [prepared], "documents", undefined],
    ["documents never come", [prepared, { expired: "provide-documents" }], "documents", "documents-missing"],
    ["documents come early", [prepared, { completed: "provide-documents" }], "start", undefined],
    [
      "nobody confirms the start",
      [prepared, { completed: "provide-documents" }, { passes: 10 * dayMs }, { expired: "confirm-start" }],
      "start",
      "not-started",
    ],
    [
      "works",
      [prepared, { completed: "provide-documents" }, { passes: 10 * dayMs }, { completed: "confirm-start" }],
      "work",
      undefined,
    ],
    [
      "never ends",
      [
        prepared,
        { completed: "provide-documents" },
        { passes: 10 * dayMs },
        { completed: "confirm-start" },
        { expired: "confirm-done" },
      ],
      "work",
      "not-done",
    ],
    [
      "is done",
      [
        prepared,
        { completed: "provide-documents" },
        { passes: 10 * dayMs },
        { completed: "confirm-start" },
        { completed: "confirm-done" },
      ],
      "done",
      "done",
    ],
    [
      "has begun already",
      [
        listings({}, {}),
        { completed: "provide-documents" },
        { completed: "confirm-start" },
        { completed: "confirm-done" },
      ],
      "done",
      "done",
    ],
  ])("%s", (_name, happenings, stage, outcome) => {
    play(committed("labor", "placement"), happenings, stage, outcome);
  });

  it("reads both listings at once, and asks the right party", () => {
    const run = committed("labor", "placement");
    play(run, [prepared, { completed: "provide-documents" }], "start", undefined);
    expect(run.state.wakeMs).toBe(Date.parse("2026-03-10T08:00:00Z"));
    play(run, [{ passes: 10 * dayMs }, { completed: "confirm-start" }], "work", undefined);
    expect(run.calls).toEqual([
      `BatchGetListings {"names":["${allocation.demand}","${allocation.supply}"]}`,
      `provide-documents ${market}/parties/s until 2026-03-08T00:00:00Z`,
      `confirm-start ${market}/parties/d until 2026-03-24T08:00:00Z`,
      `confirm-done ${market}/parties/d until 2027-03-11T00:00:00Z`,
    ]);
  });
});

describe("labor routing", () => {
  const round = (id: string, holdCount: string, state = "STATE_COMMITTED") => ({
    round: { name: `${market}/rounds/${id}`, plan: `${market}/plans/p`, state, holdCount },
  });
  const routing = (id = "spring", holdCount = "3") =>
    new Played(
      "labor",
      "routing",
      `${allocations}RoundCommitted`,
      `${market}/rounds/${id}`,
      round(id, holdCount),
    );
  const settled: Happening = {
    hears: `${allocations}RoundSettled`,
    subject: `${market}/rounds/spring`,
    data: round("spring", "3", "STATE_SETTLED"),
  };
  const created: Happening = { answer: { round: { name: `${market}/rounds/spring~2` } } };

  it.each<Course>([
    ["waits for the answers", [], "offered", undefined],
    ["creates the next round", [settled, created], "backfill", "backfilled"],
    [
      "looks when it has heard nothing for long, and waits on",
      [{ passes: 30 * dayMs }, { answer: round("spring", "3") }, settled, created],
      "backfill",
      "backfilled",
    ],
    [
      "sees by itself that the round is settled",
      [{ passes: 30 * dayMs }, { answer: round("spring", "3", "STATE_SETTLED") }, created],
      "backfill",
      "backfilled",
    ],
    [
      "tries again while another round runs",
      [settled, { refused: [412, "ROUND_RUNNING"] }, { passes: 60_000 }, created],
      "backfill",
      "backfilled",
    ],
  ])("%s", (_name, happenings, stage, outcome) => {
    play(routing(), happenings, stage, outcome);
  });

  it("ends at a round that held nothing", () => {
    play(routing("spring", "0"), [], "offered", "exhausted");
  });

  it("counts rounds on", () => {
    const run = routing();
    play(run, [settled, created], "backfill", "backfilled");
    expect(run.calls).toEqual([`CreateRound {"roundId":"spring~2","round":{"plan":"${market}/plans/p"}}`]);
    expect(run.state.output).toEqual({ outcome: "backfilled", round: `${market}/rounds/spring~2` });
    const next = routing("spring~9");
    next.happen({
      hears: `${allocations}RoundSettled`,
      subject: `${market}/rounds/spring~9`,
      data: round("spring~9", "1", "STATE_SETTLED"),
    });
    expect(next.calls).toEqual([`CreateRound {"roundId":"spring~10","round":{"plan":"${market}/plans/p"}}`]);
  });

  it("does not go on after another refusal", () => {
    const run = routing();
    run.happen(settled);
    run.happen({ refused: [404, "PLAN_NOT_FOUND"] });
    expect(run.state).toMatchObject({ status: "FAULTED", fault: { title: "PLAN_NOT_FOUND" } });
  });
});

describe("goods sale", () => {
  const held = listings({}, { handling_days: 2 });
  const shipped = [held, { completed: "ship" }];
  const delivered: Happening[] = [...shipped, { hears: "parcel-delivered" }];
  it.each<Course>([
    ["is held", [held], "shipped", undefined],
    ["is not shipped in time", [held, { expired: "ship" }], "shipped", "not-shipped"],
    ["is on its way", shipped, "delivered", undefined],
    ["is lost", [...shipped, { expired: "report-delivery" }], "delivered", "lost"],
    ["is delivered by the carrier's word", delivered, "confirmed", undefined],
    [
      "is delivered by the staff's word",
      [...shipped, { completed: "report-delivery" }, { completed: "confirm-receipt" }],
      "confirmed",
      "confirmed",
    ],
    [
      "is confirmed",
      [...delivered, { completed: "confirm-receipt", result: { disputed: false } }],
      "confirmed",
      "confirmed",
    ],
    [
      "is disputed",
      [...delivered, { completed: "confirm-receipt", result: { disputed: true } }],
      "confirmed",
      "disputed",
    ],
    [
      "is released when the buyer is silent",
      [...delivered, { expired: "confirm-receipt" }],
      "confirmed",
      "auto-released",
    ],
  ])("%s", (_name, happenings, stage, outcome) => {
    play(committed("goods", "sale"), happenings, stage, outcome);
  });

  it.each([
    [{ handling_days: 2 }, "2026-03-03T00:00:00Z"],
    [{ handling_days: 0 }, "2026-03-02T00:00:00Z"],
    [{}, "2026-03-04T00:00:00Z"],
  ])("with %j has to be shipped by %s", (supply, due) => {
    const run = committed("goods", "sale");
    run.happen(listings({}, supply));
    expect(run.calls[1]).toBe(`ship ${market}/parties/s until ${due}`);
  });

  it("asks seller, staff and buyer", () => {
    const run = committed("goods", "sale");
    play(run, delivered, "confirmed", undefined);
    expect(run.calls.slice(2)).toEqual([
      "report-delivery staff until 2026-03-15T00:00:00Z",
      `confirm-receipt ${market}/parties/d until 2026-03-04T00:00:00Z`,
    ]);
  });
});

describe("data access", () => {
  const request: Happening = {
    answer: { listing: { name: allocation.demand, owner: `${market}/parties/d` } },
  };
  const granted: Happening[] = [request, { completed: "accept-terms" }];
  it.each<Course>([
    ["waits for the terms", [request], "terms", undefined],
    [
      "ends when they are not accepted",
      [request, { expired: "accept-terms" }],
      "terms",
      "terms-not-accepted",
    ],
    ["is active", granted, "active", undefined],
    ["expires after a year", [...granted, { passes: 365 * dayMs }], "active", "expired"],
    ["is revoked by a signal", [...granted, { hears: "access-revoked" }], "active", "revoked"],
    [
      "is revoked by what another workflow says",
      [...granted, { hears: "access-revoked", subject: allocation.name }],
      "active",
      "revoked",
    ],
  ])("%s", (_name, happenings, stage, outcome) => {
    play(committed("data", "access"), happenings, stage, outcome);
  });

  it("says that access is granted", () => {
    const run = committed("data", "access");
    play(run, granted, "active", undefined);
    expect(run.emitted).toEqual([`access-granted ${allocation.name}`]);
    expect(run.calls[1]).toBe(`accept-terms ${market}/parties/d until 2026-03-15T00:00:00Z`);
    expect(run.state.wakeMs).toBe(t0 + 365 * dayMs);
  });
});
