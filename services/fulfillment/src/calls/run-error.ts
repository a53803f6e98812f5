import { Code, ConnectError } from "@connectrpc/connect";
import { codeName, reasonOf } from "@marketmesh/rpc";
import type { RunError } from "@marketmesh/workflow-engine";

const types = "https://serverlessworkflow.io/spec/1.0.0/errors";

/** How a status is told in Serverless Workflow: the kind of error, and a status as HTTP has it. */
const told: Readonly<Record<Code, readonly [kind: string, status: number]>> = {
  [Code.Canceled]: ["communication", 499],
  [Code.Unknown]: ["communication", 500],
  [Code.InvalidArgument]: ["validation", 400],
  [Code.DeadlineExceeded]: ["timeout", 408],
  [Code.NotFound]: ["communication", 404],
  [Code.AlreadyExists]: ["communication", 409],
  [Code.PermissionDenied]: ["authorization", 403],
  [Code.ResourceExhausted]: ["communication", 429],
  [Code.FailedPrecondition]: ["communication", 412],
  [Code.Aborted]: ["communication", 409],
  [Code.OutOfRange]: ["validation", 400],
  [Code.Unimplemented]: ["communication", 501],
  [Code.Internal]: ["communication", 500],
  [Code.Unavailable]: ["communication", 503],
  [Code.DataLoss]: ["communication", 500],
  [Code.Unauthenticated]: ["authentication", 401],
};

/**
 * A refused call as an error of a run. `title` is the reason of its ErrorInfo, or the status when it has none: what `catch`
 * tells refusals apart by. The message is left out, for it may quote what was sent.
 */
export function refusedCall(method: string, cause: unknown): RunError {
  const error = ConnectError.from(cause);
  const code = codeName(error.code);
  const reason = reasonOf(error) ?? code;
  const [kind, status] = told[error.code] ?? told[Code.Unknown];
  return {
    type: `${types}/${kind}`,
    status,
    title: reason,
    detail: `${method} answered ${code} (${reason})`,
    instance: "",
  };
}
