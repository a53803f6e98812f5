import type { JsonObject as ProtoJson } from "@bufbuild/protobuf";
import { bounds, jsonBytes } from "../domain/json.ts";
import type { JsonData } from "../domain/task.ts";
import { refuse } from "./problem.ts";

/** What a caller gives as JSON; refused when it is larger than allowed. */
export function givenData(
  data: ProtoJson | undefined,
  field: string,
  bytesMax: number = bounds.small,
): JsonData | undefined {
  if (data === undefined) return undefined;
  const given = data as JsonData;
  if (jsonBytes(given) <= bytesMax) return given;
  const metadata = { field, limitBytes: String(bytesMax) };
  throw refuse("DATA_TOO_LARGE", `${field} has more than ${bytesMax} bytes as JSON`, metadata, { field });
}
