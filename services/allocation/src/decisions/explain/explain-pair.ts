import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { type Client, Code, ConnectError, type HandlerContext, type MethodImpl } from "@connectrpc/connect";
import type { DecisionService } from "@marketmesh/contracts/allocation/v1";
import { Eligibility_Verdict, type EligibilityService } from "@marketmesh/contracts/eligibility/v1";
import { actAsMarket, type Tx } from "@marketmesh/postgres";
import { type Caller, notAccessible } from "@marketmesh/rpc";
import { read } from "@marketmesh/service-host/calls";
import { nameOf } from "../../rpc/names.ts";
import { maySearch } from "../../solver/engine-tools.ts";
import { readLevels } from "../../storage/capacity-store.ts";
import { type ExplainedPair, explainPair as explainSolved } from "../heavy/explain.ts";
import { Thread } from "../heavy/thread.ts";
import type { ReplayShell } from "../replay/heavy-shell.ts";
import { type PairExplanation, toExplanationMessage } from "./explanation-message.ts";
import { type AskedPair, askedPair, type FoundPair, findPair } from "./find-pair.ts";
import { explainNow } from "./now-pair.ts";

/** Up to so many pairs are solved again where the call is: within some ten milliseconds, sooner than a thread begins. */
const edgesAtOnceMax = 5_000;

export interface ExplainShell extends ReplayShell {
  readonly checks: Pick<Client<typeof EligibilityService>, "checkEligibility">;
}

export function explainPair(shell: ExplainShell): MethodImpl<typeof DecisionService.method.explainPair> {
  return async (request, context) => {
    const asked = askedPair(request);
    const { market } = asked;
    const { pair, staff } = await read(shell, context, market, async (tx, caller) => {
      await letIn(tx, caller, asked);
      return { pair: await findPair(tx, caller, asked), staff: caller.reach !== "PARTY" };
    });
    const explained = await explainFound(shell, context, pair);
    const explanation = explained
      ? { ...pair, ...explained, reason: pair.lostBecause === "" ? explained.reason : ("LOST" as const) }
      : await notInGraph(shell, context, market, pair);
    return { explanation: toExplanationMessage(market, explanation, staff) };
  };
}

/** A party asks about pairs with a listing of its own; then the market's hands look, for what decided is not its own. */
async function letIn(tx: Tx, caller: Caller, { market, decision, demand, supply }: AskedPair): Promise<void> {
  if (caller.reach !== "PARTY") return;
  const own = await readLevels(tx, market, [supply, ...(demand === undefined ? [] : [demand])]);
  if (own.length === 0)
    throw notAccessible(nameOf(market, decision ? "decisions" : "listings", decision ?? supply));
  await actAsMarket(tx);
}

async function explainFound(
  shell: ExplainShell,
  context: HandlerContext,
  { by, demand, supply }: FoundPair,
): Promise<ExplainedPair | undefined> {
  if (by.kind === "NOW") return explainNow(by.considered, by.decision, supply);
  const { limits, ...plan } = by.record.plan;
  const searches = maySearch({ ...plan, unitLimits: limits?.groups ?? [] });
  if (by.edgeCount <= edgesAtOnceMax && !searches) return explainSolved(by.record, demand, supply);
  using _ = shell.gate.takeThread();
  using thread = new Thread(context.signal);
  return await thread.answer({ kind: "EXPLAIN", record: by.record, demand, supply });
}

async function notInGraph(
  { checks }: ExplainShell,
  context: HandlerContext,
  market: string,
  pair: FoundPair,
): Promise<PairExplanation> {
  const { demand, supply, policy, policyVersion, decisionTime } = pair;
  const nobody = { demand, supply, reason: "NOT_CONSIDERED" } as const;
  if (policy === "") return nobody;
  const question = {
    policy: nameOf(market, "policies", policy),
    policyVersion: BigInt(policyVersion),
    demand: { subject: { case: "listing", value: nameOf(market, "listings", demand) } },
    supply: { subject: { case: "listing", value: nameOf(market, "listings", supply) } },
    decisionTime: timestampFromDate(decisionTime),
  } as const;
  const { eligibility } = await checks.checkEligibility(question, { signal: context.signal }).catch(ifGone);
  if (eligibility?.verdict !== Eligibility_Verdict.INELIGIBLE) return nobody;
  return {
    demand,
    supply,
    reason: "INELIGIBLE",
    failedRules: eligibility.failedRules.map(({ reason }) => reason),
  };
}

// Neither listing nor policy need be there any more, and a party need not see both listings.
function ifGone(error: unknown): { eligibility?: undefined } {
  const code = error instanceof ConnectError ? error.code : undefined;
  if (code === Code.NotFound || code === Code.PermissionDenied) return {};
  throw error;
}
