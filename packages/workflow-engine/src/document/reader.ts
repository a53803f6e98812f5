import { compile, type Evaluate } from "../cel/compile.ts";
import { isObject, pointerTo } from "../json.ts";
import { problemsMax } from "../limits.ts";
import type { WorkflowProblem } from "../model.ts";
import type { Source } from "./source.ts";
import { split } from "./template.ts";

export type Fields = Readonly<Record<string, unknown>>;

/** Reads a document part by part and collects what is wrong with it, so that an author sees all of it at once. */
export class Reader {
  readonly problems: WorkflowProblem[] = [];
  readonly #source: Source;

  constructor(source: Source) {
    this.#source = source;
  }

  get value(): unknown {
    return this.#source.value;
  }

  refuse(pointer: string, reason: string, message: string): undefined {
    if (this.problems.length < problemsMax) {
      this.problems.push({ reason, message, path: pointer, ...this.#source.place(pointer) });
    }
    return undefined;
  }

  /** A construct of Serverless Workflow that we do not carry out. */
  unsupported(pointer: string, what: string, instead = ""): undefined {
    return this.refuse(pointer, "NOT_SUPPORTED", `${what} is not supported${instead && `; ${instead}`}.`);
  }

  /** The object at a pointer. */
  object(value: unknown, pointer: string): Fields | undefined {
    if (isObject(value)) return value;
    return this.refuse(pointer, "INVALID", "This must be an object.");
  }

  /** Refuses keys beyond those known, by name and place. */
  only(fields: Fields, pointer: string, known: readonly string[]): void {
    for (const key of Object.keys(fields)) {
      if (known.includes(key)) continue;
      this.unsupported(pointerTo(pointer, key), `"${key}"`, `here stand ${known.join(", ")}`);
    }
  }

  text(value: unknown, pointer: string): string | undefined {
    if (typeof value === "string" && value !== "") return value;
    return this.refuse(pointer, "INVALID", "This must be a text.");
  }

  /** One whole `${ … }`. */
  condition(value: unknown, pointer: string, variables: ReadonlySet<string>): Evaluate | undefined {
    if (value === undefined) return undefined;
    const parts = typeof value === "string" ? split(value.trim()) : undefined;
    const only = parts?.[0];
    if (parts?.length === 1 && typeof only === "object") {
      return this.expression(only.expression, pointer, variables);
    }
    return this.refuse(
      pointer,
      "EXPRESSION_INVALID",
      "This must be one whole expression, in dollar and braces.",
    );
  }

  expression(source: string, pointer: string, variables: ReadonlySet<string>): Evaluate {
    const compiled = compile(source, variables);
    if (compiled.ok) return compiled.evaluate;
    for (const { offset, message } of compiled.mistakes) {
      const near = source
        .slice(offset, offset + 30)
        .trim()
        .toWellFormed();
      this.refuse(pointer, "EXPRESSION_INVALID", `${message}${near && ` Near: ${near}`}`);
    }
    return () => null;
  }
}
