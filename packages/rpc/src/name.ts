import { Code } from "@connectrpc/connect";
import { type IdsOf, parseName } from "@marketmesh/contracts";
import { problem } from "./problem.ts";

/** The ids of a resource name in a request. INVALID_ARGUMENT (NAME_INVALID) with the field's path when it is no such name. */
export function idsOf<Pattern extends string>(
  pattern: Pattern,
  name: string,
  field = "name",
): IdsOf<Pattern> {
  const parsed = parseName(pattern, name);
  if (parsed.ok) return parsed.ids;
  throw problem(Code.InvalidArgument, parsed.problem.reason, `${field}: ${parsed.problem.message}`, {
    field,
    metadata: { field, expected: pattern },
  });
}
