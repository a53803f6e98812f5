import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import {
  type BundleComponent,
  type Bundle as BundleMessage,
  type BundleSchema,
  InventoryService,
} from "@marketmesh/contracts/allocation/v1";
import { actAsMarket, type Tx } from "@marketmesh/postgres";
import { type Caller, idsOf, invalidField, staleEtag } from "@marketmesh/rpc";
import { mutate, read } from "@marketmesh/service-host/calls";
import type { Hold } from "../domain/hold.ts";
import {
  type AskedBundle,
  BundleRefused,
  createBundle,
  readBundle,
  settleBundle,
} from "../inventory/bundles.ts";
import type { Shell } from "../shell.ts";
import { claimRefusal } from "./create-holds.ts";
import { etagOf, isFresh } from "./etag.ts";
import { toHoldMessage } from "./hold-message.ts";
import { listingOf, nameOf, patterns } from "./names.ts";
import { found, refuse } from "./problem.ts";

const methods = InventoryService.method;
type Methods = Pick<
  ServiceImpl<typeof InventoryService>,
  "createBundle" | "getBundle" | "confirmBundle" | "releaseBundle"
>;

export function bundles(shell: Pick<Shell, "database" | "uuid" | "expiry">): Methods {
  return {
    createBundle: async (request, context) => {
      const { market } = idsOf(patterns.market, request.parent, "parent");
      const mutation = { method: methods.createBundle, market, request };
      const response = await mutate(shell, context, mutation, async (tx, caller) => {
        const asked = askedOf(market, caller, request.bundle!, shell.uuid());
        await actAsMarket(tx);
        return { bundle: toBundleMessage(market, await created(tx, market, asked, shell.uuid)) };
      });
      shell.expiry.comes(request.bundle?.expireTime && timestampDate(request.bundle.expireTime));
      return response;
    },

    getBundle: (request, context) => {
      const { market, bundle } = idsOf(patterns.bundle, request.name);
      return read(shell, context, market, async (tx, caller) => {
        const holds = await readBundle(tx, market, bundle);
        return {
          bundle: toBundleMessage(market, found(holds, caller, "BUNDLE_NOT_FOUND", request.name)),
        };
      });
    },

    confirmBundle: (request, context) => {
      const { market } = idsOf(patterns.bundle, request.name);
      return mutate(shell, context, { method: methods.confirmBundle, market, request }, (tx, caller) =>
        settle(tx, caller, request, "CONFIRMED"),
      );
    },

    releaseBundle: (request, context) => {
      const { market } = idsOf(patterns.bundle, request.name);
      return mutate(shell, context, { method: methods.releaseBundle, market, request }, (tx, caller) =>
        settle(tx, caller, request, "RELEASED"),
      );
    },
  };
}

async function created(tx: Tx, market: string, asked: AskedBundle, uuid: () => string): Promise<Hold[]> {
  try {
    return await createBundle(tx, market, asked, uuid);
  } catch (error) {
    throw error instanceof BundleRefused ? claimRefusal(market, error.refused, "bundle.expire_time") : error;
  }
}

async function settle(
  tx: Tx,
  caller: Caller,
  request: { readonly name: string; readonly etag: string },
  to: "CONFIRMED" | "RELEASED",
) {
  const { name } = request;
  const { market, bundle } = idsOf(patterns.bundle, name);
  found(await readBundle(tx, market, bundle), caller, "BUNDLE_NOT_FOUND", name);
  await actAsMarket(tx);
  const { holds, refusal } = await settleBundle(tx, market, bundle, to, (version) =>
    isFresh(request.etag, version),
  );
  if (refusal === "ETAG_MISMATCH") throw staleEtag(name);
  if (refusal)
    throw refuse(refusal, `${name} is not held any more`, {
      hold: nameOf(market, "holds", holds[0]!.id),
      state: holds[0]!.state,
    });
  return { bundle: toBundleMessage(market, holds) };
}

function askedOf(market: string, caller: Caller, bundle: BundleMessage, id: string): AskedBundle {
  const demand = listingOf(market, bundle.demand, "bundle.demand");
  if (demand === undefined) throw invalidField("bundle.demand", "is required");
  const components = bundle.components.map((component, at) => {
    const asked = componentOf(market, component, `bundle.components[${at}].supply`);
    if (asked.supply !== demand) return asked;
    throw invalidField(`bundle.components[${at}].supply`, "is the demand itself");
  });
  return {
    id,
    demand,
    demandUnits: Number(bundle.demandUnits) || 1,
    components,
    expireTime: bundle.expireTime && timestampDate(bundle.expireTime),
    party: caller.reach === "PARTY" ? (caller.party ?? "") : undefined,
  };
}

function componentOf(market: string, component: BundleComponent, field: string) {
  const supply = listingOf(market, component.supply, field);
  if (supply === undefined) throw invalidField(field, "is required");
  const { location, slot } = component;
  return { supply, units: Number(component.units) || 1, place: { location, slot } };
}

function toBundleMessage(market: string, holds: readonly Hold[]): MessageInitShape<typeof BundleSchema> {
  const [first] = holds as [Hold];
  const { state } = toHoldMessage(market, first);
  return {
    name: nameOf(market, "bundles", first.bundle ?? ""),
    demand: nameOf(market, "listings", first.demand),
    demandUnits: BigInt(first.demandUnits ?? first.units),
    components: holds.map(({ id, supply, units, place }) => ({
      supply: nameOf(market, "listings", supply),
      units: BigInt(units),
      location: place?.location ?? "",
      slot: place?.slot ?? "",
      hold: nameOf(market, "holds", id),
    })),
    ...(state !== undefined && { state }),
    expireTime: timestampFromDate(first.expireTime),
    etag: etagOf(first.version),
    createTime: timestampFromDate(first.createTime),
    ...(first.settleTime && { settleTime: timestampFromDate(first.settleTime) }),
  };
}
