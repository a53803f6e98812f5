import { connect } from "@marketmesh/client";
import { Eligibility_Verdict } from "@marketmesh/contracts/eligibility/v1";
import { standInCatalog } from "@marketmesh/listing-projection/testing";
import { type RunningService, start } from "@marketmesh/service-host";
import { createTestDatabase, startServices, startTestIssuer, testNatsUrl } from "@marketmesh/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bindEligibility } from "../src/service.ts";
import { inline, hiring as policy, policyOf } from "./mesh.ts";

const open = new AsyncDisposableStack();
const replicas: RunningService[] = [];
let token: string;

beforeAll(async () => {
  const issuer = await startTestIssuer();
  open.defer(() => issuer.close());
  token = await issuer.testToken({});
  const catalog = standInCatalog();
  const shared = { MESH_IDENTITY_URL: issuer.url, EVENTS_NAMESPACE: `replicas${process.pid}` };
  const mesh = open.use(await startServices([{ name: "catalog", bind: catalog.bind, env: shared }]));
  const database = await createTestDatabase({ service: "eligibility" });
  open.defer(() => database.drop());
  const env = {
    ...shared,
    DATABASE_URL: database.appUrl,
    DATABASE_BACKGROUND_URL: database.backgroundUrl,
    DATABASE_MIGRATOR_URL: database.migratorUrl,
    DATABASE_POOL_MAX: "4",
    DATABASE_BACKGROUND_POOL_MAX: "4",
    NATS_URL: testNatsUrl(),
    EVENTS_STREAM_BYTES_MAX: String(64 * 1024 * 1024),
    MESH_CATALOG_URL: mesh.urlOf("catalog"),
    SERVICE_KEY: "serviceAccounts/eligibility",
    PORT: "0",
  };
  for (let at = 0; at < 2; at += 1) {
    const replica = await start("eligibility", bindEligibility, env);
    open.defer(() => replica.close());
    await replica.untilReady(AbortSignal.timeout(240_000));
    replicas.push(replica);
  }
  const years = { type: "number" };
  await catalog.putKind("berlin", "candidate", "SUPPLY", { years });
  await catalog.putKind("berlin", "job", "DEMAND", { years });
});
afterAll(() => open.disposeAsync());

test("a policy that was updated through one replica is applied by the other at once", async () => {
  const [one, other] = replicas.map(({ url }) => connect({ endpoints: { eligibility: url }, token }));
  const rules = (years: number) => policyOf({ TOO_GREEN: `supply.years >= ${years}` });
  await one!.eligibility.createPolicy({ parent: "markets/berlin", policyId: "hiring", policy: rules(1) });
  const pair = { policy, supply: inline({ years: 3 }), demand: inline({}) };
  const { ELIGIBLE, INELIGIBLE } = Eligibility_Verdict;
  for (const years of [2, 4, 3, 5, 1]) {
    const [writer, reader] = years % 2 === 0 ? [one!, other!] : [other!, one!];
    const { policy: written } = await writer.eligibility.updatePolicy({
      policy: { ...rules(years), name: policy },
    });
    const verdict = years > 3 ? INELIGIBLE : ELIGIBLE;
    expect(await reader.eligibility.checkEligibility(pair)).toMatchObject({
      eligibility: { verdict, policyVersion: written!.version },
    });
  }
});
