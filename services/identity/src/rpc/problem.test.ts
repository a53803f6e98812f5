import { Code } from "@connectrpc/connect";
import { ErrorReason, ErrorReasonSchema } from "@marketmesh/contracts/identity/v1";
import { type Caller, reasonOf } from "@marketmesh/rpc";
import { describe, expect, test } from "vitest";
import { problemReasons, refuse } from "../domain/problem.ts";
import { codeOf, found, toConnectError } from "./problem.ts";

const caller: Caller = {
  principal: "users/u",
  reach: "MARKET",
  market: "berlin",
  permissions: [],
  token: "",
  requestId: "r",
};
const party: Caller = { ...caller, reach: "PARTY", party: "ada" };
const missing = refuse("PARTY_NOT_FOUND", "there is none", { party: "markets/berlin/parties/bob" });

describe("refusals", () => {
  test("are the same words in domain and contract", () => {
    const documented = ErrorReasonSchema.values
      .filter((value) => value.number !== ErrorReason.UNSPECIFIED)
      .map((value) => value.name.replace("ERROR_REASON_", ""));
    // A stale etag is a refusal of every service.
    const own = problemReasons.filter((reason) => reason !== "ETAG_MISMATCH");
    expect(own).toEqual(documented);
  });

  test.each(problemReasons)("%s keeps its reason, status and metadata", (reason) => {
    const error = toConnectError(refuse(reason, "because", { market: "berlin" }, "parent"));
    expect(error.code).toBe(codeOf[reason]);
    expect(reasonOf(error)).toBe(reason);
  });

  test("of what is not found tell a party no more than of what is hidden", () => {
    expect(found("it", party, missing)).toBe("it");
    expect(() => found(undefined, caller, missing)).toThrow("there is none");
    const refusal = catching(() => found(undefined, party, missing));
    expect(reasonOf(refusal)).toBe("RESOURCE_NOT_ACCESSIBLE");
    expect(refusal).toMatchObject({ code: Code.PermissionDenied });
    expect(String(refusal)).not.toContain("there is none");
  });
});

function catching(work: () => unknown): unknown {
  try {
    return work();
  } catch (cause) {
    return cause;
  }
}
