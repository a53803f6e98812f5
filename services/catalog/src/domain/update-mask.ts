import { ok, type Result, refused } from "./problem.ts";

/** What an update changes. */
export interface Update {
  readonly audience: boolean;
  readonly audienceParties: boolean;
  readonly capacity: boolean;
  /** `whole`: replaced; a set of names: those are set or removed. */
  readonly attributes: "whole" | ReadonlySet<string>;
}

const namesMax = 500;

/** Reads the paths of an update mask. Undefined means everything that can be changed. */
export function parseUpdateMask(paths: readonly string[] | undefined): Result<Update, "UPDATE_MASK_INVALID"> {
  if (paths === undefined || paths.length === 0 || (paths.length === 1 && paths[0] === "*")) {
    return ok({ audience: true, audienceParties: true, capacity: true, attributes: "whole" });
  }
  if (paths.length > namesMax) return invalid("", `A mask has at most ${namesMax} paths.`);
  const names = new Set<string>();
  const fields = new Set<string>();
  for (const path of paths) {
    if (path.startsWith("attributes.") && path.length > 11) names.add(path.slice(11));
    else if (changeable.has(path)) fields.add(path);
    else return invalid(path, `A mask names ${[...changeable].join(", ")} or attributes.NAME.`);
  }
  if (fields.has("attributes") && names.size > 0) {
    return invalid("attributes", "attributes and attributes.NAME exclude each other.");
  }
  return ok({
    audience: fields.has("audience"),
    audienceParties: fields.has("audience_parties"),
    capacity: fields.has("capacity"),
    attributes: fields.has("attributes") ? "whole" : names,
  });
}

const changeable: ReadonlySet<string> = new Set(["attributes", "capacity", "audience", "audience_parties"]);

function invalid(path: string, message: string) {
  return refused("UPDATE_MASK_INVALID", message, {
    field: "update_mask",
    metadata: { field: "update_mask", path },
  });
}
