import type { Message } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { type Contracts, codeName } from "./contracts.ts";
import type { FuzzRequest, HttpRefused, Ok, Outcome, Refused } from "./request.ts";

const answerBytesMax = 4 * 1024 * 1024;
const itemsMax = 1_000;
const faults: ReadonlySet<Code> = new Set([Code.Unknown, Code.Internal, Code.DataLoss]);
const needField: ReadonlySet<string> = new Set(["VALIDATION_FAILED", "NAME_INVALID"]);

/** Not implemented, and a version of HTTP that cannot carry the kind of stream. */
const protocolStatuses: ReadonlySet<number> = new Set([501, 505]);

/** What is wrong with how a request ended, in words that are the same for the same fault; undefined when all is well. */
export function judge(contracts: Contracts, request: FuzzRequest, outcome: Outcome): string | undefined {
  switch (outcome.kind) {
    case "ok":
      return judgeOk(request, outcome);
    case "refused":
      return judgeRefusal(contracts, request, outcome);
    case "http":
      return judgeHttp(request, outcome);
    case "left":
      return undefined;
    case "broken":
      return request.leaveAfterMs === undefined ? `no answer: ${outcome.problem}` : undefined;
  }
}

function judgeOk(request: FuzzRequest, { answers, bytesMax }: Ok): string | undefined {
  if (request.mustBeRefused) return `answered ${request.who}, who may not`;
  if (bytesMax > answerBytesMax) return `an answer of more than ${answerBytesMax} bytes`;
  const [answer] = answers;
  if (request.rpc.method.methodKind !== "unary" || !answer) return undefined;
  const longest = request.rpc.method.output.fields.find(
    (field) =>
      field.fieldKind === "list" &&
      ((answer as Message & Record<string, unknown[]>)[field.localName]?.length ?? 0) > itemsMax,
  );
  return longest && `more than ${itemsMax} ${longest.name} in an answer`;
}

function judgeRefusal(contracts: Contracts, request: FuzzRequest, refusal: Refused): string | undefined {
  const { code, reason, domain } = refusal;
  const name = codeName(code);
  if (faults.has(code)) return `${name} (${reason ?? "no reason"})`;
  if (code === Code.Canceled && request.leaveAfterMs !== undefined) return undefined;
  if (code === Code.DeadlineExceeded && !hasOddDeadline(request))
    return `no answer within its deadline of ${request.timeoutMs} ms`;
  if (refusal.byClient) {
    return code === Code.DeadlineExceeded || code === Code.Canceled
      ? undefined
      : `${name}, said by the client`;
  }
  if (reason === undefined || domain === undefined) return `${name} without ErrorInfo`;
  if (!contracts.reasons.has(reason)) return `${name} (${reason}): no such reason in an ErrorReason`;
  if (!/^[a-z]+\.marketmesh$/.test(domain)) return `${name} (${reason}) of domain ${domain}`;
  const stated =
    contracts.codes.get(`${domain.split(".")[0]} ${reason}`) ?? contracts.codes.get(`errors ${reason}`);
  if (stated && !stated.has(name)) return `${name} (${reason}): the reason is for ${[...stated].join(", ")}`;
  // What does not even parse has no fields yet.
  const parsed = !request.damage && !refusal.message.startsWith("parse ");
  if (needField.has(reason) && !refusal.namesField && parsed) return `${name} (${reason}) names no field`;
  if (code === Code.Unimplemented && !request.damage) return "UNIMPLEMENTED by a served method";
  return undefined;
}

function hasOddDeadline({ mayTimeOut, damage }: FuzzRequest): boolean {
  return mayTimeOut || damage?.name === "deadline";
}

function judgeHttp(request: FuzzRequest, { status, body }: HttpRefused): string | undefined {
  if (!request.damage) return `HTTP ${status}: ${body}`;
  if (status >= 500 && !protocolStatuses.has(status)) return `HTTP ${status}: ${body}`;
  return undefined;
}
