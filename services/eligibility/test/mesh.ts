import { create, type JsonObject, type MessageInitShape } from "@bufbuild/protobuf";
import { connect, type Marketmesh } from "@marketmesh/client";
import {
  type EligibleSet,
  type Policy,
  PolicySchema,
  type SubjectSchema,
} from "@marketmesh/contracts/eligibility/v1";
import { type StandInCatalog, standInCatalog } from "@marketmesh/listing-projection/testing";
import { type RunningServices, startServices, type TestTokenClaims } from "@marketmesh/testkit";
import { bindEligibility } from "../src/service.ts";

export { refusalOf } from "@marketmesh/testkit";

/** The service with a stand-in catalog, and clients of it. */
export interface EligibilityUnderTest extends AsyncDisposable {
  readonly mesh: RunningServices;
  readonly catalog: StandInCatalog;
  readonly operator: Marketmesh;
  as(claims: TestTokenClaims): Promise<Marketmesh>;
}

export const kinds = {
  supplyKind: "markets/berlin/kinds/candidate",
  demandKind: "markets/berlin/kinds/job",
} as const;
export const hiring = "markets/berlin/policies/hiring";

export async function startEligibility(): Promise<EligibilityUnderTest> {
  const catalog = standInCatalog();
  const mesh = await startServices([
    { name: "catalog", bind: catalog.bind },
    { name: "eligibility", bind: bindEligibility },
  ]);
  const as = async (claims: TestTokenClaims) =>
    connect({ endpoints: mesh.endpoints, token: await mesh.testToken(claims) });
  const operator = await as({});
  const skills = { type: "array", items: { type: "string" } };
  const number = { type: "number" };
  const since = { type: "string", format: "date-time" };
  const email = { type: "string", "x-personal": true };
  await catalog.putKind("berlin", "candidate", "SUPPLY", { skills, years: number, free_from: since, email });
  await catalog.putKind("berlin", "job", "DEMAND", { skills, years: number });
  return { mesh, catalog, operator, as, [Symbol.asyncDispose]: () => mesh.close() };
}

/** A policy between the kinds above. */
export function policyOf(rules: Record<string, string>): Policy {
  const given = Object.entries(rules).map(([reason, expression]) => ({ reason, expression }));
  return create(PolicySchema, { ...kinds, rules: given });
}

export function listing(id: string): MessageInitShape<typeof SubjectSchema> {
  return { subject: { case: "listing", value: `markets/berlin/listings/${id}` } };
}

export function inline(attributes: JsonObject): MessageInitShape<typeof SubjectSchema> {
  return { subject: { case: "attributes", value: attributes } };
}

/** The members of a set that was sent. */
export function membersOf({ supplies }: EligibleSet): number[] {
  if (supplies === undefined) return [];
  const { members, encoding } = supplies;
  const view = new DataView(members.buffer, members.byteOffset, members.byteLength);
  if (encoding === 1)
    return Array.from({ length: members.length / 4 }, (_, at) => view.getUint32(at * 4, true));
  const ordinals: number[] = [];
  for (let at = 0; at < members.length * 8; at += 1)
    if ((members[at >> 3]! >> (at & 7)) & 1) ordinals.push(at);
  return ordinals;
}
