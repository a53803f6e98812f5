import type { Env } from "./host.ts";

/** One environment key: its name, type, unit, default and meaning. */
export interface Setting<T> {
  readonly env: string;
  /** What it decides, one sentence. */
  readonly doc: string;
  /** For example `ms`, `bytes`, `calls`; absent when it has none. */
  readonly unit?: string;
  /** The value when the key is absent or empty; a setting without one is required. */
  readonly fallback?: T;
  /** What is accepted, in words, for messages and the table. */
  readonly accepts: string;
  /** Its value is not shown anywhere. */
  readonly secret?: boolean;
  /** Undefined when the text is not accepted. */
  readonly parse: (text: string) => T | undefined;
}

/** The settings of a service by the name the code uses. */
export type ConfigSpec<T extends object> = { readonly [K in keyof T]: Setting<T[K]> };

interface About<T> {
  readonly env: string;
  readonly doc: string;
  readonly unit?: string;
  readonly fallback?: T;
}

/** A whole number within bounds. */
export function integer(
  about: About<number> & { readonly min?: number; readonly max?: number },
): Setting<number> {
  const min = about.min ?? 0;
  const max = about.max ?? Number.MAX_SAFE_INTEGER;
  return {
    ...about,
    accepts: `a whole number from ${min} to ${max}`,
    parse: (text) => {
      const value = /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
      return value >= min && value <= max ? value : undefined;
    },
  };
}

/** A number within bounds, in decimals. */
export function number(
  about: About<number> & { readonly min?: number; readonly max: number },
): Setting<number> {
  const min = about.min ?? 0;
  return {
    ...about,
    accepts: `a number from ${min} to ${about.max}`,
    parse: (text) => {
      const value = /^-?\d{1,16}(\.\d{1,16})?$/.test(text) ? Number(text) : Number.NaN;
      return value >= min && value <= about.max ? value : undefined;
    },
  };
}

/** Any text that is not empty. */
export function text(about: About<string> & { readonly secret?: boolean }): Setting<string> {
  return { ...about, accepts: "text", parse: (value) => value };
}

/** Text that may be absent. */
export function optionalText(
  about: Omit<About<string | undefined>, "fallback"> & { readonly secret?: boolean },
): Setting<string | undefined> {
  return { ...about, fallback: undefined, accepts: "text or nothing", parse: (value) => value };
}

/** `true` or `false`. */
export function flag(about: About<boolean>): Setting<boolean> {
  return {
    ...about,
    accepts: "true, false, 1 or 0",
    parse: (value) => ({ true: true, "1": true, false: false, "0": false })[value],
  };
}

/** One of a few words. */
export function choice<const Word extends string>(
  about: About<NoInfer<Word>> & { readonly words: readonly Word[] },
): Setting<Word> {
  return {
    ...about,
    accepts: about.words.join(", "),
    parse: (value) => about.words.find((word) => word === value),
  };
}

/** An absolute URL of one of the protocols, each written as `https:`. */
export function url(
  about: About<string> & { readonly protocols: readonly string[]; readonly secret?: boolean },
): Setting<string> {
  return {
    ...about,
    accepts: `a URL that starts with ${about.protocols.map((protocol) => `${protocol}//`).join(" or ")}`,
    parse: (value) =>
      URL.canParse(value) && about.protocols.includes(new URL(value).protocol) ? value : undefined,
  };
}

/** Texts separated by commas, spaces around them dropped; at most 100. */
export function list(about: About<readonly string[]>): Setting<readonly string[]> {
  return {
    ...about,
    accepts: "texts separated by commas",
    parse: (value) => {
      const items = value.split(",").map((item) => item.trim());
      return items.length <= 100 && items.every((item) => item !== "") ? items : undefined;
    },
  };
}

/** The environment does not fit: one line per key at fault. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** Reads every setting from the environment. Throws a ConfigError that names all mistakes at once. */
export function readConfig<T extends object>(spec: ConfigSpec<T>, env: Env): T {
  const config: Partial<T> = {};
  const mistakes: string[] = [];
  for (const key of Object.keys(spec) as (keyof T)[]) {
    const setting = spec[key];
    const value = env[setting.env];
    if (value === undefined || value === "") {
      if (!("fallback" in setting))
        mistakes.push(`${setting.env} is required (${setting.accepts}): ${setting.doc}`);
      else config[key] = setting.fallback as T[keyof T];
      continue;
    }
    const parsed = setting.parse(value);
    if (parsed === undefined)
      mistakes.push(`${setting.env}=${shown(setting, value)}: must be ${setting.accepts}`);
    else config[key] = parsed;
  }
  if (mistakes.length > 0) throw new ConfigError(mistakes.join("\n"));
  return config as T;
}

function shown(setting: { readonly secret?: boolean }, value: string): string {
  return setting.secret ? "[hidden]" : JSON.stringify(value.slice(0, 100));
}
