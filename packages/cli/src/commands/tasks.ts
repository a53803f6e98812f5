import { parseArgs } from "node:util";
import { toJson } from "@bufbuild/protobuf";
import { type Task, Task_State, TaskSchema } from "@marketmesh/contracts/fulfillment/v1";
import type { Command } from "../command.ts";
import { pagesOf } from "../job/pages.ts";
import type { Mesh } from "../mesh.ts";
import { asOperator } from "../running-mesh.ts";
import { UsageError } from "../usage-error.ts";
import { jsonObjectOf, marketTimeOf, nameIn, time, wordOf } from "./arguments.ts";

const text = { type: "string" } as const;

const verbs: Readonly<Record<string, (args: string[]) => Promise<void>>> = {
  list,
  show: (args) => onTask(args, async (mesh, name) => show((await mesh.fulfillment.getTask({ name })).task!)),
  claim: (args) =>
    onTask(args, async (mesh, name) => line((await mesh.fulfillment.claimTask({ name })).task!)),
  release: (args) =>
    onTask(args, async (mesh, name) => line((await mesh.fulfillment.releaseTask({ name })).task!)),
  complete,
};

export const tasks: Command = {
  usage:
    "list --market M [--type T] [--party P] [--run RUN] [--all] · show|claim|release TASK · complete TASK [--result JSON]",
  about: "looks at what people have to do and says that it is done; TASK is a resource name",
  async run([verb = "", ...args]) {
    const work = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
    if (work === undefined) throw new UsageError(`tasks takes ${Object.keys(verbs).join(", ")}`);
    await work(args);
  },
};

async function list(args: string[]): Promise<void> {
  const options = { market: text, type: text, party: text, run: text, all: { type: "boolean" } } as const;
  const { values } = parseArgs({ args, options });
  if (values.market === undefined) throw new UsageError("tasks list takes --market");
  const parent = `markets/${values.market}`;
  const filter = {
    parent,
    ...(values.type !== undefined && { type: values.type }),
    ...(values.party !== undefined && { party: nameIn(parent, "parties", values.party) }),
    ...(values.run !== undefined && { run: nameIn(parent, "runs", values.run) }),
  };
  const ended = [Task_State.COMPLETED, Task_State.EXPIRED, Task_State.CANCELLED];
  await asOperator(async (mesh) => {
    for (const state of [Task_State.UNSPECIFIED, ...(values.all ? ended : [])]) {
      for await (const page of pagesOf((at) => mesh.fulfillment.listTasks({ ...filter, state, ...at }))) {
        for (const task of page.tasks) line(task);
      }
    }
  });
}

async function complete([name, ...args]: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { result: text } });
  const result = jsonObjectOf("--result", values.result);
  await onTask([name ?? ""], async (mesh, task) => {
    const marketTime = await marketTimeOf(mesh, task);
    const request = { name: task, ...(result && { result }), ...marketTime };
    line((await mesh.fulfillment.completeTask(request)).task!);
  });
}

async function onTask([name]: string[], work: (mesh: Mesh, name: string) => Promise<void>): Promise<void> {
  if (!/^markets\/[^/]+\/tasks\/[^/]+$/.test(name ?? ""))
    throw new UsageError("name a task: markets/M/tasks/T");
  await asOperator((mesh) => work(mesh, name!));
}

function show(task: Task): void {
  process.stdout.write(`${JSON.stringify(toJson(TaskSchema, task), null, 2)}\n`);
}

function line({ name, type, state, party, dueTime, run }: Task): void {
  const due = dueTime === undefined ? "" : `  due ${time(dueTime)}`;
  const who = party === "" ? "staff" : party;
  process.stdout.write(`${name}  ${type}  ${wordOf(Task_State, state)}  ${who}${due}  ${run}\n`);
}
