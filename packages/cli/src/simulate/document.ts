import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { UsageError } from "../usage-error.ts";

/** What a YAML or JSON file holds, field by field; every mistake is named with file and field. */
export class Fields {
  readonly #file: string;
  readonly #path: string;
  readonly #values: Readonly<Record<string, unknown>>;

  private constructor(file: string, path: string, values: Readonly<Record<string, unknown>>) {
    this.#file = file;
    this.#path = path;
    this.#values = values;
  }

  static read(file: string): Fields {
    let text: string;
    try {
      text = readFileSync(file, "utf8");
    } catch (cause) {
      throw new UsageError(`${file} can't be read (${(cause as NodeJS.ErrnoException).code})`);
    }
    try {
      return new Fields(file, "", mapping(parse(text)));
    } catch (cause) {
      throw new UsageError(`${file}: ${(cause as Error).message.split("\n")[0]}`);
    }
  }

  has(key: string): boolean {
    return this.#values[key] !== undefined;
  }

  /** Refuses fields that nobody knows: a typo would change what is simulated without a word. */
  only(...keys: readonly string[]): this {
    const unknown = Object.keys(this.#values).find((key) => !keys.includes(key));
    if (unknown !== undefined) throw this.wrong(unknown, `is not known here; allowed: ${keys.join(", ")}`);
    return this;
  }

  raw(key: string): unknown {
    return this.#values[key];
  }

  word<W extends string>(key: string, words: readonly W[], fallback?: W): W {
    const value = this.#values[key] ?? fallback;
    if (!words.includes(value as W)) throw this.wrong(key, `is one of ${words.join(", ")}`);
    return value as W;
  }

  text(key: string): string {
    const value = this.#values[key];
    if (typeof value !== "string" || value === "") throw this.wrong(key, "is a text");
    return value;
  }

  number(key: string, [low, high]: readonly [number, number], fallback?: number): number {
    const value = this.#values[key] ?? fallback;
    if (typeof value !== "number" || !(value >= low && value <= high)) {
      throw this.wrong(key, `is a number from ${low} to ${high}`);
    }
    return value;
  }

  integer(key: string, bounds: readonly [number, number], fallback?: number): number {
    const value = this.number(key, bounds, fallback);
    if (!Number.isInteger(value)) throw this.wrong(key, "is a whole number");
    return value;
  }

  within(key: string): Fields {
    return this.#child(key, this.#values[key] ?? {});
  }

  /** At most 1,000,000 entries. */
  list(key: string): Fields[] {
    const values = this.#values[key] ?? [];
    if (!Array.isArray(values) || values.length > 1_000_000) {
      throw this.wrong(key, "is a list of at most 1,000,000 entries");
    }
    return values.map((value, at) => this.#child(`${key}[${at}]`, value));
  }

  /** `file: field is ...`, as a mistake of whoever wrote the file. */
  wrong(key: string, what: string): UsageError {
    return new UsageError(`${this.#file}: ${this.fieldOf(key)} ${what}`);
  }

  fieldOf(key: string): string {
    return this.#path === "" ? key : `${this.#path}.${key}`;
  }

  #child(key: string, value: unknown): Fields {
    try {
      return new Fields(this.#file, this.fieldOf(key), mapping(value));
    } catch {
      throw this.wrong(key, "is a mapping of fields");
    }
  }
}

function mapping(value: unknown): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new Error("is no mapping of fields");
}
