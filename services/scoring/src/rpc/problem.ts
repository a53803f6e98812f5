import { Code, type ConnectError } from "@connectrpc/connect";
import { type Caller, notAccessible, problem } from "@marketmesh/rpc";
import type { ModelMistake } from "../domain/check-model.ts";

const violationsMax = 100;

/** The first mistake by position, all of them as BadRequest. */
export function mistakesProblem(mistakes: readonly ModelMistake[]): ConnectError {
  const [first] = mistakes;
  if (first === undefined) throw new Error("there is no mistake");
  const violations = mistakes.slice(0, violationsMax).map(({ path, message, line, column }) => ({
    field: `model.${path}`,
    description: line === 0 ? message : `${message} (line ${line}, column ${column})`,
  }));
  const { reason, code, line, column, path } = first;
  const place = line === 0 ? {} : { line: String(line), column: String(column) };
  return problem(Code.InvalidArgument, reason, `model.${path}: ${first.message}`, {
    violations,
    metadata: { field: `model.${path}`, code, ...place },
  });
}

/** A party learns only that it may not see the model, whether there is one or not. */
export function modelNotFound(name: string, version: bigint, caller: Caller): ConnectError {
  if (caller.reach === "PARTY") return notAccessible(name);
  const asked = version === 0n ? name : `version ${version} of ${name}`;
  const metadata = { model: name, ...(version !== 0n && { version: String(version) }) };
  return problem(Code.NotFound, "MODEL_NOT_FOUND", `there is no ${asked}`, { metadata });
}

export function modelExists(name: string): ConnectError {
  return problem(Code.AlreadyExists, "MODEL_ALREADY_EXISTS", `${name} exists`, {
    metadata: { model: name },
  });
}

export function kindImmutable(field: string, kind: string): ConnectError {
  return problem(Code.InvalidArgument, "KIND_IMMUTABLE", `a model keeps its kinds; this one's is ${kind}`, {
    field,
    metadata: { field, kind },
  });
}

export function perspectiveImmutable(perspective: string): ConnectError {
  const field = "model.perspective";
  const message = `a model keeps its perspective; this one's is ${perspective}`;
  return problem(Code.InvalidArgument, "PERSPECTIVE_IMMUTABLE", message, {
    field,
    metadata: { field, perspective },
  });
}

export function modelMismatch(field: string, expected: string): ConnectError {
  return problem(Code.InvalidArgument, "MODEL_MISMATCH", `${field} must be ${expected}`, {
    field,
    metadata: { field, expected },
  });
}

export function setInvalid(field: string, message: string): ConnectError {
  return problem(Code.InvalidArgument, "SET_INVALID", `${field}: ${message}`, { field, metadata: { field } });
}

export function epochMismatch(field: string, epoch: bigint, expected: bigint): ConnectError {
  const message = `${field} is of epoch ${epoch}; the listings here are of ${expected}`;
  return problem(Code.FailedPrecondition, "ORDINAL_EPOCH_MISMATCH", message, {
    metadata: { field, epoch: String(epoch), expected: String(expected) },
  });
}

export function statisticsNotFound(name: string, caller: Caller): ConnectError {
  if (caller.reach === "PARTY") return notAccessible(name);
  return problem(Code.NotFound, "STATISTICS_NOT_FOUND", `there are no statistics ${name}`, {
    metadata: { statistics: name },
  });
}
