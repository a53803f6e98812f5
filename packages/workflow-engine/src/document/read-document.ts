import { isObject, pointerTo } from "../json.ts";
import type { CallableMethod, JsonObject, WorkflowProblem } from "../model.ts";
import type { EventFilter, Node, Program, RootNode, TaskNode } from "../program.ts";
import { readTriggers } from "./read-listen.ts";
import { type Reading, readTasks, readTimeout, readTransform } from "./read-task.ts";
import { type Fields, Reader } from "./reader.ts";
import { checkSchema } from "./schema.ts";
import { readSource } from "./source.ts";
import { variables } from "./variables.ts";

export type ReadProgram =
  | { readonly ok: true; readonly program: Program }
  | { readonly ok: false; readonly problems: readonly WorkflowProblem[] };

/** Reads and checks a definition, every place of it. */
export function readDocument(
  text: string,
  callable: (method: string) => CallableMethod | undefined,
): ReadProgram {
  const read = readSource(text);
  if ("problems" in read) return { ok: false, problems: read.problems };
  const reader = new Reader(read.source);
  const program = readProgram(reader, callable);
  // The schema tells of tasks that are none of its kinds in a hundred lines, so ours speaks first.
  if (reader.problems.length === 0) checkSchema(reader);
  if (reader.problems.length > 0 || program === undefined) return { ok: false, problems: reader.problems };
  return { ok: true, program };
}

function readProgram(
  reader: Reader,
  callable: (method: string) => CallableMethod | undefined,
): Program | undefined {
  const fields = reader.object(reader.value, "");
  if (fields === undefined) return undefined;
  reader.only(fields, "", ["document", "input", "use", "do", "timeout", "output", "schedule", "evaluate"]);
  const { name, version } = readHead(reader, fields.document);
  readEvaluate(reader, fields.evaluate);
  const use = readUse(reader, fields.use);
  const nodes = new Map<string, TaskNode>();
  const reading: Reading = { reader, callable, ...use, nodes };
  const root: RootNode = {
    kind: "root",
    pointer: "",
    name,
    list: readTasks(reading, fields.do, "/do"),
    inputFrom: readTransform(reader, fields.input, "/input", "from", variables.workflowInput),
    outputAs: readTransform(reader, fields.output, "/output", "as", variables.workflowOutput),
    timeout: readTimeout(reading, fields.timeout, "/timeout", variables.workflowInput),
  };
  return {
    name,
    documentVersion: version,
    document: fields as JsonObject,
    root,
    nodes: new Map<string, Node>([["", root], ...nodes]),
    triggers: readTriggers(reader, fields.schedule, "/schedule"),
    filters: filtersOf(nodes.values()),
  };
}

function readHead(reader: Reader, value: unknown): { name: string; version: string } {
  const head = reader.object(value, "/document") ?? {};
  const known = ["dsl", "namespace", "name", "version", "title", "summary", "tags", "metadata"];
  reader.only(head, "/document", known);
  const name = reader.text(head.name, "/document/name") ?? "";
  if (name !== "" && !/^[a-z][a-z0-9-]{0,62}$/.test(name)) {
    reader.refuse(
      "/document/name",
      "INVALID",
      "The name is a workflow's id: small letters, digits and hyphens.",
    );
  }
  if (head.dsl !== "1.0.0") reader.refuse("/document/dsl", "NOT_SUPPORTED", 'document.dsl must be "1.0.0".');
  return { name, version: reader.text(head.version, "/document/version") ?? "" };
}

function readEvaluate(reader: Reader, value: unknown): void {
  const evaluate = isObject(value) ? value : {};
  reader.only(evaluate, "/evaluate", ["language", "mode"]);
  if (evaluate.language !== "cel") {
    reader.refuse(
      "/evaluate/language",
      "NOT_SUPPORTED",
      "Expressions are CEL: evaluate.language must be cel.",
    );
  }
  if (evaluate.mode !== undefined && evaluate.mode !== "strict") {
    reader.refuse("/evaluate/mode", "NOT_SUPPORTED", "evaluate.mode must be strict.");
  }
}

function readUse(reader: Reader, value: unknown): { timeouts: Fields; retries: Fields } {
  const use = isObject(value) ? value : {};
  reader.only(use, "/use", ["timeouts", "retries"]);
  const part = (key: string) =>
    use[key] === undefined ? {} : (reader.object(use[key], pointerTo("/use", key)) ?? {});
  return { timeouts: part("timeouts"), retries: part("retries") };
}

function filtersOf(nodes: Iterable<TaskNode>): Map<string, EventFilter[]> {
  const byType = new Map<string, EventFilter[]>();
  for (const node of nodes) {
    if (node.kind !== "listen") continue;
    for (const filter of node.filters) {
      const known = byType.get(filter.type);
      if (known === undefined) byType.set(filter.type, [filter]);
      else known.push(filter);
    }
  }
  return byType;
}
