import type { JsonObject } from "@bufbuild/protobuf";
import { type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";
import type { Mesh } from "../mesh.ts";
import { UsageError } from "../usage-error.ts";

/** What was given as JSON; undefined when nothing was. */
export function jsonObjectOf(option: string, given: string | undefined): JsonObject | undefined {
  if (given === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(given);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonObject;
  } catch {
    // Falls through: what is no JSON is no object either.
  }
  throw new UsageError(`${option} takes a JSON object, for example '{"reason":"late"}'`);
}

/** The market's time, as calls to sandbox markets have to say it; real markets take no notice. */
export async function marketTimeOf(mesh: Mesh, name: string): Promise<{ marketTime?: Timestamp }> {
  const market = name.split("/", 2).join("/");
  const { clock } = await mesh.allocation.getClock({ name: `${market}/clock` });
  return clock?.time === undefined ? {} : { marketTime: clock.time };
}

/** A resource name, of an id or of itself. */
export function nameIn(parent: string, collection: string, given: string): string {
  return given.includes("/") ? given : `${parent}/${collection}/${given}`;
}

/** A time for people; empty when there is none. */
export function time(at: Timestamp | undefined): string {
  return at === undefined ? "" : timestampDate(at).toISOString().replace(".000", "");
}

/** The word for a value of an enum, in lower case. */
export function wordOf(values: Readonly<Record<string, number>>, value: number): string {
  const word = Object.keys(values).find((key) => values[key] === value);
  return word?.toLowerCase() ?? String(value);
}
