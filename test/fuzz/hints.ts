import { create, type DescField, type DescMessage } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { BundleSchema, HoldSchema, OfferTermsSchema } from "@marketmesh/contracts/allocation/v1";
import { RunSchema, WorkflowSchema } from "@marketmesh/contracts/fulfillment/v1";
import type { Draft } from "./build-message.ts";
import { ampleNames, fieldTexts, namesOf } from "./pool.ts";
import { marketStart } from "./values.ts";
import { waitingRounds } from "./world.ts";

/** Dead letters that the set-up puts into each service: none comes about by itself. */
export const deadLettersCount = 40;

type Hint = (draft: Draft) => unknown;

const soonMs = (draft: Draft) => Date.parse(marketStart) + draft.number * 2_000 + draft.random.int(1_000);

/** Long after what any request advances the clock to. */
const farAhead = (draft: Draft) => timestampFromMs(soonMs(draft) + 90 * 86_400_000);

/**
 * What neither types nor rules nor comments of the contracts say, by `Message.field` or `field`. A hint makes a valid
 * request likelier; it is no part of what is checked.
 */
const hints: Readonly<Record<string, Hint>> = {
  request_id: ({ random, number }) =>
    random.chance(0.5) ? "" : `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`,
  page_token: () => "",
  page_size: ({ random }) => random.pick([0, 1, 3, 50]),
  revisions: () => [],
  update_mask: () => undefined,
  version: () => 0n,
  policy_version: () => 0n,
  model_version: () => 0n,
  supply_version: () => 0n,
  demand_version: () => 0n,
  market_id: ({ number }) => `fz-${number}`,
  display_name: ({ random }) => random.pick(["", "Ada", "Berlin office"]),
  description: () => "",
  units: ({ random }) => BigInt(1 + random.int(3)),
  top_k: ({ random }) => 1 + random.int(20),
  from_seq: () => 1n,
  to_seq: ({ random }) => BigInt(1 + random.int(100)),
  grouping: ({ random }) => random.pick(["demand/owner", "demand/region", "supply/owner"]),
  delta: ({ random }) => BigInt(1 + random.int(5)),
  first_row: () => 1n,
  to_location: ({ random }) => random.pick(["depot", "annex"]),
  issuer_uri: ({ number }) => `https://issuer-${number}.example.com`,
  // Only forward, and slowly: a clock at the end of time would end every offer of the run.
  "AdvanceClockRequest.time": (draft) => timestampFromMs(soonMs(draft)),
  market_time: (draft) => timestampFromMs(soonMs(draft)),
  "SignalRunRequest.type": () => "fz-signal",
  "CreateWorkflowRequest.workflow": ({ number }) =>
    create(WorkflowSchema, { source: workflowSource(number) }),
  "StartRunRequest.run": ({ pool, random, market }) => {
    const drawn = pool.draw(namesOf("markets/*/workflows/*", market), random);
    return create(RunSchema, { workflow: String(drawn?.value ?? "") });
  },
  "Clock.time": () => timestampFromMs(Date.parse(marketStart)),
  "Hold.expire_time": farAhead,
  "CreateHoldRequest.hold": newHold,
  "RenewHoldRequest.name": plainHold,
  "CreateBundleRequest.bundle": newBundle,
  "AcceptCounterOfferRequest.name": bargainedOffer,
  "DeclineCounterOfferRequest.name": bargainedOffer,
  "CounterOfferRequest.terms": ({ random }) =>
    create(OfferTermsSchema, {
      amounts: { price_minor_units: BigInt(random.int(9_000)) },
      words: { currency: "EUR" },
    }),
  "ApproveRoundRequest.name": waitingRound(0),
  "RejectRoundRequest.name": waitingRound(waitingRounds.length / 2),
  "ExplainSolutionRequest.demand": ({ random }) => random.int(3),
  "ExplainSolutionRequest.supply": ({ random }) => random.int(3),
  "ApiKey.expire_time": () => timestampFromMs(Date.now() + 86_400_000),
  dead_letter_id: ({ random }) => BigInt(1 + random.int(deadLettersCount)),
  "HealthCheckRequest.service": () => "",
  "ExchangeTokenRequest.api_key": ({ pool, random, market }) =>
    pool.draw(fieldTexts("api_key", market), random)?.value ?? "",
  "Grant.principal": ({ pool, random, market, number }) =>
    (random.chance(0.5) && pool.draw(namesOf("markets/*/serviceAccounts/*", market), random)?.value) ||
    `users/fz-${number}`,
  "Grant.role": ({ random }) => `roles/${random.pick(["marketAdmin", "marketReader"])}`,
  "Hold.party": () => undefined,
  "Grant.party": () => undefined,
  "ExchangeTokenRequest.audience": () => "",
  "ExchangeTokenRequest.party": () => "",
  "ExchangeTokenRequest.market": () => "",
  "RepublishRequest.since_time": () => undefined,
  "RepublishRequest.feed_seqs": ({ random }) => [BigInt(1 + random.int(50))],
};

function listingOf({ pool, random, market }: Draft, side: "demand" | "supply"): string {
  const ample = random.chance(0.6) ? pool.draw(ampleNames(side, market), random) : undefined;
  return String((ample ?? pool.draw(fieldTexts(side, market), random))?.value ?? "");
}

function plainHold({ pool, random, market }: Draft): unknown {
  const ample = random.chance(0.5) ? pool.draw(ampleNames("hold", market), random) : undefined;
  return (ample ?? pool.draw(namesOf("markets/*/holds/*", market), random))?.value ?? "";
}

// One like a hold that there is asks for what that one has.
function newHold(draft: Draft): unknown {
  return create(HoldSchema, {
    demand: listingOf(draft, "demand"),
    supply: listingOf(draft, "supply"),
    units: 1n,
    expireTime: farAhead(draft),
  });
}

// A bundle like one that was made before ends when that one did.
function newBundle(draft: Draft): unknown {
  const components = Array.from({ length: 1 + draft.random.int(2) }, () => ({
    supply: listingOf(draft, "supply"),
  }));
  return create(BundleSchema, {
    demand: listingOf(draft, "demand"),
    demandUnits: 1n,
    components,
    expireTime: farAhead(draft),
  });
}

// Counter-offers and entries of waitlists name their offers in a field of this name.
function bargainedOffer({ pool, random, market }: Draft): unknown {
  const drawn = pool.draw(fieldTexts("offer", market), random);
  return drawn?.value ?? pool.draw(namesOf("markets/*/offers/*", market), random)?.value ?? "";
}

// Few rounds ever wait, and a name out of all of them would be one of those by chance only.
function waitingRound(first: number): Hint {
  return ({ pool, random, market }) => {
    const id = waitingRounds[first + random.int(waitingRounds.length / 2)] as string;
    const drawn = pool.draw(namesOf("markets/*/rounds/*", market), random);
    return random.chance(0.5) ? `markets/${market}/rounds/${id}` : String(drawn?.value ?? id);
  };
}

// The name of a workflow stands in its source, so that one taken from the pool would always be there already. Every other
// one fails as it runs, so that there are runs to be tried again.
function workflowSource(number: number): string {
  const step = number % 2 === 0 ? "1" : '"$' + '{ int(workflow.input.nothing) }"';
  return `document: { dsl: "1.0.0", namespace: fuzz, name: fz-${number}, version: 1.0.0 }
evaluate: { language: cel }
do:
  - first: { set: { step: ${step} } }
`;
}

/** The hint for a field, if there is one; its value may be undefined, which leaves the field unset. */
export function hintOf(draft: Draft, desc: DescMessage, field: DescField): { value: unknown } | undefined {
  const hint = hints[`${desc.name}.${field.name}`] ?? hints[field.name];
  return hint && field.fieldKind !== "map" ? { value: hint(draft) } : undefined;
}
