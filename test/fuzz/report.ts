import { type Message, toJsonString } from "@bufbuild/protobuf";
import { codeName, type Rpc } from "./contracts.ts";
import { unreachable } from "./coverage.ts";
import type { Origin } from "./pool.ts";
import type { FuzzRequest, Outcome } from "./request.ts";
import type { FuzzOptions } from "./run.ts";

export interface Summary {
  readonly requests: number;
  readonly ok: number;
  readonly refused: number;
  /** Ended by the client itself. */
  readonly left: number;
  /** Every violation, the same fault counted each time. */
  readonly violations: number;
  /** One paragraph for each kind of violation. */
  readonly findings: readonly string[];
  /** How often each method was answered and refused: for a closer look. */
  readonly table: string;
  /** The closing line. */
  readonly line: string;
}

interface Kind {
  readonly text: string;
  count: number;
}

const shownMax = 1_500;
/** With fewer requests it is chance whether a method was tried at all. */
const coverageFrom = 20_000;

/** Counts what was sent and keeps one example of each fault, with the command that repeats it. */
export class Report {
  readonly #options: FuzzOptions;
  readonly #rpcs: readonly Rpc[];
  readonly #origins = new Map<number, ReadonlySet<Origin>>();
  readonly #kinds = new Map<string, Kind>();
  readonly #counts = { ok: 0, refused: 0, http: 0, left: 0, broken: 0 };
  readonly #byMethod = new Map<
    string,
    { ok: number; refused: Map<string, number>; ms: number; count: number }
  >();
  #violations = 0;

  constructor(options: FuzzOptions, rpcs: readonly Rpc[]) {
    this.#options = options;
    this.#rpcs = rpcs;
    for (const { name } of rpcs) this.#byMethod.set(name, { ok: 0, refused: new Map(), ms: 0, count: 0 });
  }

  sent(request: FuzzRequest, outcome: Outcome): void {
    this.#counts[outcome.kind] += 1;
    if (request.origins.size > 0) this.#origins.set(request.number, request.origins);
    const method = this.#byMethod.get(request.rpc.name);
    if (!method) return;
    method.ms += outcome.endedMs - outcome.startedMs;
    method.count += 1;
    if (outcome.kind === "ok" && request.damage === undefined) method.ok += 1;
    if (outcome.kind !== "refused" || request.mode !== "valid") return;
    const why = outcome.reason ?? codeName(outcome.code);
    method.refused.set(why, (method.refused.get(why) ?? 0) + 1);
  }

  isNew(request: FuzzRequest, text: string): boolean {
    return !this.#kinds.has(kindOf(request, text));
  }

  violation(request: FuzzRequest, text: string, outcome?: Outcome): void {
    this.#violations += 1;
    const known = this.#kinds.get(kindOf(request, text));
    if (known) {
      known.count += 1;
      return;
    }
    const lines = [text, this.show(request, outcome), `again: ${this.#commandOf(request.number)}`];
    this.#kinds.set(kindOf(request, text), { text: lines.join("\n  "), count: 1 });
    this.#options.say(`violation: ${lines.join("\n  ")}`);
  }

  /** What is wrong with the mesh as a whole, at the end. */
  finding(text: string): void {
    this.#violations += 1;
    this.#kinds.set(text, { text, count: 1 });
  }

  show(
    { number, rpc, mode, protocol, who, damage, messages, market }: FuzzRequest,
    outcome?: Outcome,
  ): string {
    const way = [mode, protocol, who, ...(damage ? [damage.name] : []), market].join(", ");
    const bodies = messages.map((message) => jsonOf(rpc, message)).join(" ");
    return `#${number} ${rpc.name} (${way}) ${bodies.slice(0, shownMax)}${outcome ? `\n  ${endOf(outcome)}` : ""}`;
  }

  progress(): string {
    return this.#line();
  }

  summary(): Summary {
    for (const text of this.#uncovered()) this.finding(text);
    const { ok, refused, http, left } = this.#counts;
    return {
      requests: this.#total(),
      ok,
      refused: refused + http,
      left,
      violations: this.#violations,
      findings: [...this.#kinds.values()].map(({ text, count }) => `${count} x ${text}`),
      table: this.#table(),
      line: this.#line(),
    };
  }

  #total(): number {
    return Object.values(this.#counts).reduce((sum, count) => sum + count, 0);
  }

  #line(): string {
    const { ok, refused, http, left } = this.#counts;
    return `requests ${this.#total()}, refused ${refused + http}, ok ${ok}, left ${left}, violations ${this.#violations}`;
  }

  #uncovered(): string[] {
    if (this.#options.only || this.#total() < coverageFrom) return [];
    return this.#rpcs
      .filter(
        ({ name, method }) => this.#byMethod.get(name)?.ok === 0 && !Object.hasOwn(unreachable, method.name),
      )
      .map(({ name }) => `${name} was never answered: ${this.#refusalsOf(name)}`);
  }

  #table(): string {
    return this.#rpcs
      .map(
        ({ name }) =>
          `${name}: ok ${this.#byMethod.get(name)?.ok}; ${this.#timeOf(name)}; ${this.#refusalsOf(name)}`,
      )
      .join("\n");
  }

  #timeOf(name: string): string {
    const { ms = 0, count = 0 } = this.#byMethod.get(name) ?? {};
    return `${count} took ${(ms / Math.max(count, 1)).toFixed(1)} ms`;
  }

  #refusalsOf(name: string): string {
    const refused = [...(this.#byMethod.get(name)?.refused ?? [])].sort((left, right) => right[1] - left[1]);
    return refused.map(([why, count]) => `${why} ${count}`).join(", ");
  }

  /** The request and all those, in order, whose answers it stands on. */
  #commandOf(number: number): string {
    const needed = new Set<number>();
    const visit = (each: number) => {
      if (needed.has(each)) return;
      needed.add(each);
      for (const origin of this.#origins.get(each) ?? []) visit(origin);
    };
    visit(number);
    const numbers = [...needed].sort((left, right) => left - right);
    return `npm run fuzz -- --seed ${this.#options.seed} --only ${numbers.join(",")}`;
  }
}

function kindOf(request: FuzzRequest, text: string): string {
  return `${request.rpc.method.name} ${text}`;
}

function jsonOf(rpc: Rpc, message: Message): string {
  try {
    return toJsonString(rpc.method.input, message);
  } catch {
    return JSON.stringify(message, (_, value) => (typeof value === "bigint" ? String(value) : value));
  }
}

function endOf(outcome: Outcome): string {
  switch (outcome.kind) {
    case "ok":
      return `ok, ${outcome.answers.length} answers`;
    case "refused":
      return `${codeName(outcome.code)} (${outcome.reason ?? "-"}): ${outcome.message.slice(0, 300)}`;
    case "http":
      return `HTTP ${outcome.status} ${outcome.body}`;
    case "left":
      return "the client left";
    case "broken":
      return outcome.problem;
  }
}
