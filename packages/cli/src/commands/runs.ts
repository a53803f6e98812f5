import { parseArgs } from "node:util";
import { toJson } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import {
  type HistoryEntry,
  type Run,
  Run_State,
  RunSchema,
  type WorkflowSummary,
} from "@marketmesh/contracts/fulfillment/v1";
import type { Command } from "../command.ts";
import { pagesOf } from "../job/pages.ts";
import type { Mesh } from "../mesh.ts";
import { asOperator } from "../running-mesh.ts";
import { UsageError } from "../usage-error.ts";
import { jsonObjectOf, marketTimeOf, nameIn, time, wordOf } from "./arguments.ts";

const text = { type: "string" } as const;
const dayMs = 86_400_000;

const verbs: Readonly<Record<string, (args: string[]) => Promise<void>>> = {
  list,
  show: (args) => onRun(args, async (mesh, name) => show((await mesh.fulfillment.getRun({ name })).run!)),
  history,
  summary,
  signal,
  cancel,
  retry: (args) =>
    onRun(args, async (mesh, name) => {
      const marketTime = await marketTimeOf(mesh, name);
      line((await mesh.fulfillment.retryRun({ name, ...marketTime })).run!);
    }),
};

export const runs: Command = {
  usage:
    "list --market M [--workflow W] [--state S] [--stage S] [--subject NAME] [--older-than DAYS] · show|history|retry RUN · " +
    "signal RUN TYPE [--data JSON] · cancel RUN [--reason TEXT] · summary WORKFLOW",
  about: "looks at the runs of workflows and moves them; RUN and WORKFLOW are resource names",
  async run([verb = "", ...args]) {
    const work = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
    if (work === undefined) throw new UsageError(`runs takes ${Object.keys(verbs).join(", ")}`);
    await work(args);
  },
};

async function list(args: string[]): Promise<void> {
  const options = {
    market: text,
    workflow: text,
    state: text,
    stage: text,
    subject: text,
    "older-than": text,
  };
  const { values } = parseArgs({ args, options });
  if (values.market === undefined) throw new UsageError("runs list takes --market");
  const parent = `markets/${values.market}`;
  await asOperator(async (mesh) => {
    const filter = {
      parent,
      ...(values.workflow !== undefined && { workflow: nameIn(parent, "workflows", values.workflow) }),
      ...(values.state !== undefined && { state: stateOf(values.state) }),
      ...(values.stage !== undefined && { stage: values.stage }),
      ...(values.subject !== undefined && { subject: values.subject }),
      ...(values["older-than"] !== undefined && (await createdBefore(mesh, parent, values["older-than"]))),
    };
    for await (const page of pagesOf((at) => mesh.fulfillment.listRuns({ ...filter, ...at }))) {
      for (const run of page.runs) line(run);
    }
  });
}

async function createdBefore(mesh: Mesh, parent: string, days: string) {
  const count = Number(days);
  if (!(count >= 0)) throw new UsageError("--older-than takes a number of days");
  const { clock } = await mesh.allocation.getClock({ name: `${parent}/clock` });
  return { createdBefore: timestampFromMs(timestampMs(clock!.time!) - count * dayMs) };
}

function stateOf(word: string): Run_State {
  const state = Run_State[word.toUpperCase() as keyof typeof Run_State];
  if (typeof state === "number" && state !== Run_State.UNSPECIFIED) return state;
  throw new UsageError("--state takes running, waiting, faulted, completed or cancelled");
}

async function history(args: string[]): Promise<void> {
  await onRun(args, async (mesh, name) => {
    for await (const page of pagesOf((at) => mesh.fulfillment.listRunHistory({ name, ...at }))) {
      for (const entry of page.entries) step(entry);
    }
  });
}

async function signal([name, type, ...args]: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { data: text } });
  if (type === undefined) throw new UsageError("runs signal RUN TYPE [--data JSON]");
  const data = jsonObjectOf("--data", values.data);
  await onRun([name ?? ""], async (mesh, run) => {
    const marketTime = await marketTimeOf(mesh, run);
    line((await mesh.fulfillment.signalRun({ name: run, type, ...(data && { data }), ...marketTime })).run!);
  });
}

async function cancel([name, ...args]: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { reason: text } });
  await onRun([name ?? ""], async (mesh, run) => {
    const marketTime = await marketTimeOf(mesh, run);
    line((await mesh.fulfillment.cancelRun({ name: run, reason: values.reason ?? "", ...marketTime })).run!);
  });
}

async function summary([name]: string[]): Promise<void> {
  if (!/^markets\/[^/]+\/workflows\/[^/]+$/.test(name ?? "")) {
    throw new UsageError("runs summary takes a workflow: markets/M/workflows/W");
  }
  await asOperator(async (mesh) => {
    const answer = await mesh.fulfillment.getWorkflowSummary({ name: name! });
    for (const each of summaryLines(answer.summary!)) process.stdout.write(`${each}\n`);
  });
}

function* summaryLines({ states, stages, outcomes }: WorkflowSummary) {
  for (const { state, runCount } of states) yield `${wordOf(Run_State, state).padEnd(24)} ${runCount}`;
  for (const { stage, inCount, leftCount, durationP50Ms, durationP95Ms } of stages) {
    yield `stage ${stage.padEnd(18)} ${inCount} in, ${leftCount} left, p50 ${days(durationP50Ms)}, p95 ${days(durationP95Ms)}`;
  }
  for (const { outcome, runCount } of outcomes) yield `outcome ${outcome.padEnd(16)} ${runCount}`;
}

function days(ms: bigint): string {
  return `${(Number(ms) / dayMs).toFixed(1)} d`;
}

async function onRun([name]: string[], work: (mesh: Mesh, name: string) => Promise<void>): Promise<void> {
  if (!/^markets\/[^/]+\/runs\/[^/]+$/.test(name ?? "")) throw new UsageError("name a run: markets/M/runs/R");
  await asOperator((mesh) => work(mesh, name!));
}

function show(run: Run): void {
  process.stdout.write(`${JSON.stringify(toJson(RunSchema, run), null, 2)}\n`);
}

function line({ name, state, stage, subject, createTime, wakeTime, fault }: Run): void {
  const since = `since ${time(createTime)}`;
  const next = wakeTime === undefined ? "" : `  wakes ${time(wakeTime)}`;
  const why = fault === undefined ? "" : `  ${fault.title}: ${fault.detail}`;
  process.stdout.write(
    `${name}  ${wordOf(Run_State, state)} at ${stage}  ${since}${next}  ${subject}${why}\n`,
  );
}

function step({ step: number, stepTime, event, data, moves, effects }: HistoryEntry): void {
  const said = data === undefined ? "" : `  ${JSON.stringify(data)}`;
  process.stdout.write(`${String(number).padStart(4)}  ${time(stepTime)}  ${event}${said}\n`);
  for (const each of [...moves, ...effects]) process.stdout.write(`      ${each}\n`);
}
