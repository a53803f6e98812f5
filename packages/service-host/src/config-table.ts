import type { ConfigSpec, Setting } from "./config.ts";

/** One line of a configuration table. */
export interface ConfigRow {
  readonly env: string;
  readonly accepts: string;
  readonly unit: string;
  /** `required` when there is none. */
  readonly fallback: string;
  readonly doc: string;
}

/** The table of a spec, in its order, for a README or `--help`. */
export function configRows<T extends object>(spec: ConfigSpec<T>): readonly ConfigRow[] {
  return Object.values<Setting<unknown>>(spec as Record<string, Setting<unknown>>).map((setting) => ({
    env: setting.env,
    accepts: setting.accepts,
    unit: setting.unit ?? "",
    fallback: fallbackOf(setting),
    doc: setting.doc,
  }));
}

function fallbackOf(setting: Setting<unknown>): string {
  if (!("fallback" in setting)) return "required";
  const { fallback } = setting;
  if (fallback === undefined || (Array.isArray(fallback) && fallback.length === 0)) return "none";
  return String(fallback);
}
