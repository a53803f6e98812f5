import { type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { problem } from "@marketmesh/rpc";

/**
 * What `now` is, in epoch milliseconds. Only the market's clock knows, so it is refused to guess where something reads it:
 * INVALID_ARGUMENT (DECISION_TIME_REQUIRED).
 */
export function decisionMs(given: Timestamp | undefined, isRead: boolean): number {
  if (given !== undefined) return timestampMs(given);
  if (!isRead) return 0;
  const field = "decision_time";
  throw problem(
    Code.InvalidArgument,
    "DECISION_TIME_REQUIRED",
    "something here reads `now`: say when that is",
    {
      field,
      metadata: { field },
    },
  );
}
