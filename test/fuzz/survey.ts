import { create, type Message } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import type { Mesh } from "@marketmesh/cli/mesh";
import { EligibilityService } from "@marketmesh/contracts/eligibility/v1";
import { ServerReflection } from "@marketmesh/contracts/grpc/reflection/v1";
import { AttributeRefSchema } from "@marketmesh/contracts/scoring/v1";
import { readPack } from "@marketmesh/markets";
import type { WholeMesh } from "../support/whole-mesh.ts";
import { type Contracts, type Rpc, rpcsOf } from "./contracts.ts";
import { setValue } from "./fields.ts";
import { harvestMessage } from "./harvest.ts";
import { ampleNames, fieldTexts, messagesOf, namesOf, objectsOf, type Pool } from "./pool.ts";
import { marketStart, timestampOf } from "./values.ts";
import { type Ample, worldMarkets, worldPacks } from "./world.ts";

const pageSize = 400;
const setsMax = 20;

/** Every method that the mesh serves, asked of each service by reflection; in a fixed order. */
export async function servedRpcs(contracts: Contracts, endpoints: WholeMesh["endpoints"]): Promise<Rpc[]> {
  const rpcs: Rpc[] = [];
  for (const [target, baseUrl] of Object.entries(endpoints)) {
    const client = createClient(ServerReflection, createGrpcTransport({ baseUrl }));
    async function* asked() {
      yield { messageRequest: { case: "listServices", value: "" } } as const;
    }
    for await (const { messageResponse } of client.serverReflectionInfo(asked())) {
      if (messageResponse.case !== "listServicesResponse") throw new Error(`${target} lists no services`);
      for (const { name } of messageResponse.value.service) rpcs.push(...rpcsOf(contracts, target, name));
    }
  }
  return rpcs.sort((left, right) => (left.name < right.name ? -1 : 1));
}

/** Calls a unary method as the operator. */
export type Call = (rpc: Rpc, request: Message) => Promise<Message>;

/** Fills the pool from every list of every service: what exists before the first request. */
export async function surveyLists(pool: Pool, rpcs: readonly Rpc[], call: Call): Promise<void> {
  for (const market of worldMarkets) pool.put(namesOf("markets/*", market), `markets/${market}`, -1, market);
  for (const rpc of rpcs) {
    const { methodKind, name, input, output } = rpc.method;
    if (methodKind !== "unary" || !name.startsWith("List")) continue;
    const parent = input.fields.find((field) => field.name === "parent");
    const size = input.fields.find((field) => field.name === "page_size");
    for (const market of parent ? worldMarkets : [""]) {
      const request = create(input);
      if (parent) setValue(request, parent, `markets/${market}`);
      if (size) setValue(request, size, pageSize);
      // Some lists want more than a parent; their resources are found by requests.
      const answer = await call(rpc, request).catch(() => undefined);
      if (answer) harvestMessage(pool, output, answer, -1, market);
    }
  }
}

/** Puts listings where fields want them, by their side, and sets of candidates. */
export async function surveySides(pool: Pool, mesh: Mesh): Promise<void> {
  for (const [at, market] of worldMarkets.entries()) {
    const { plan, policy, statistics } = readPack(worldPacks[at] as string);
    const parent = `markets/${market}`;
    const demands: string[] = [];
    for (const side of ["supply", "demand"] as const) {
      const kind = `${parent}/kinds/${plan[side]}`;
      const { listings } = await mesh.catalog.listListings({ parent, kind, pageSize });
      for (const { name, attributes } of listings) {
        if (side === "demand") demands.push(name);
        pool.put(objectsOf(side, market), attributes ?? {}, -1, `${side} ${name}`);
        for (const field of [side, `${side}s`, "listing"])
          pool.put(fieldTexts(field, market), name, -1, `${field} ${name}`);
      }
    }
    for (const each of statistics) {
      const name = `${parent}/statistics/${each.statistics}`;
      pool.put(namesOf("markets/*/statistics/*", market), name, -1, name);
      for (const { kind, attribute } of each.attributes) {
        const counted = create(AttributeRefSchema, { kind: `${parent}/kinds/${kind}`, attribute });
        pool.put(messagesOf(AttributeRefSchema.typeName, market), counted, -1, `${kind} ${attribute}`);
      }
    }
    const answers = mesh.eligibility.batchListEligible({
      policy: `${parent}/policies/${policy.policy}`,
      demands: demands.slice(0, setsMax),
      decisionTime: timestampOf(marketStart),
    });
    const { output } = EligibilityService.method.batchListEligible;
    for await (const answer of answers) harvestMessage(pool, output, answer, -1, market);
  }
}

/** Puts listings where requests want some that have units left, and holds that nobody has to answer. */
export function surveyAmple(pool: Pool, { supplies, demands, holds }: Ample): void {
  const shelves = { supply: supplies, demand: demands, hold: holds };
  for (const [kind, names] of Object.entries(shelves))
    for (const name of names) pool.put(ampleNames(kind, worldMarkets[0]), name, -1, name);
}
