import { Code, type ConnectError } from "@connectrpc/connect";
import { type Caller, notAccessible, problem } from "@marketmesh/rpc";
import type { PolicyMistake } from "../domain/compiled-policy.ts";

const violationsMax = 100;

/** The first mistake by position, all of them as BadRequest. */
export function mistakesProblem(mistakes: readonly PolicyMistake[]): ConnectError {
  const [first] = mistakes;
  if (first === undefined) throw new Error("there is no mistake");
  const violations = mistakes.slice(0, violationsMax).map(({ path, message, line, column }) => ({
    field: `policy.${path}`,
    description: line === 0 ? message : `${message} (line ${line}, column ${column})`,
  }));
  const { reason, code, line, column, path } = first;
  const place = line === 0 ? {} : { line: String(line), column: String(column) };
  return problem(Code.InvalidArgument, reason, `policy.${path}: ${first.message}`, {
    violations,
    metadata: { field: `policy.${path}`, code, ...place },
  });
}

/** A party learns only that it may not see the policy, whether there is one or not. */
export function policyNotFound(name: string, version: bigint, caller: Caller): ConnectError {
  if (caller.reach === "PARTY") return notAccessible(name);
  const asked = version === 0n ? name : `version ${version} of ${name}`;
  const metadata = { policy: name, ...(version !== 0n && { version: String(version) }) };
  return problem(Code.NotFound, "POLICY_NOT_FOUND", `there is no ${asked}`, { metadata });
}

export function policyExists(name: string): ConnectError {
  return problem(Code.AlreadyExists, "POLICY_ALREADY_EXISTS", `${name} exists`, {
    metadata: { policy: name },
  });
}

export function kindImmutable(field: string, kind: string): ConnectError {
  return problem(Code.InvalidArgument, "KIND_IMMUTABLE", `a policy keeps its kinds; this one's is ${kind}`, {
    field,
    metadata: { field, kind },
  });
}
