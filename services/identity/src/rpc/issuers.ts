import type { ServiceImpl } from "@connectrpc/connect";
import { IdentityService } from "@marketmesh/contracts/identity/v1";
import { idAfter, listPage } from "@marketmesh/rpc";
import { read } from "@marketmesh/service-host/calls";
import { collections, nameIn, type Place } from "../domain/names.ts";
import { type Problem, refuse } from "../domain/problem.ts";
import { algorithmsByDefault, type Issuer, judgeIssuer } from "../domain/resources.ts";
import type { Shell } from "../shell.ts";
import { deleteIssuer, findIssuer, insertIssuer, listIssuers } from "../storage/issuer-store.ts";
import { mustExist } from "./markets.ts";
import { issuerMessage } from "./messages.ts";
import { mutate } from "./mutate.ts";
import { found, must, toConnectError } from "./problem.ts";
import { placedOf, placeOf } from "./request-names.ts";

const methods = IdentityService.method;
type Methods = Pick<
  ServiceImpl<typeof IdentityService>,
  "createIssuer" | "getIssuer" | "listIssuers" | "deleteIssuer"
>;

export function issuers(shell: Shell, { httpAllowed }: { readonly httpAllowed: boolean }): Methods {
  return {
    createIssuer: (request, context) => {
      const place = placeOf(request.parent);
      const asked = request.issuer;
      const issuer: Issuer = {
        place,
        id: request.issuerId,
        issuerUri: asked?.issuerUri ?? "",
        audiences: asked?.audiences ?? [],
        algorithms: asked && asked.algorithms.length > 0 ? asked.algorithms : algorithmsByDefault,
        partyClaim: asked?.partyClaim ?? "",
        createTime: shell.now(),
      };
      must(judgeIssuer(issuer, httpAllowed));
      return mutate(shell, context, { method: methods.createIssuer, place, request }, async (tx) => {
        await mustExist(tx, place);
        if (!(await insertIssuer(tx, issuer))) throw toConnectError(taken(issuer));
        return { response: { issuer: issuerMessage(issuer) }, act: actOf(issuer) };
      });
    },

    getIssuer: (request, context) => {
      const { place, id } = placedOf(collections.issuer, request.name);
      return read(shell, context, place, async (tx, caller) => {
        const issuer = found(await findIssuer(tx, place, id), caller, missing(place, id));
        return { issuer: issuerMessage(issuer) };
      });
    },

    listIssuers: async (request, context) => {
      const place = placeOf(request.parent);
      const { rows, nextPageToken } = await read(shell, context, place, (tx) =>
        listPage(
          request,
          ["issuers", place],
          ({ after, limit }) => listIssuers(tx, place, { afterId: idAfter(after), limit }),
          (issuer) => [issuer.id],
        ),
      );
      return { issuers: rows.map(issuerMessage), nextPageToken };
    },

    deleteIssuer: (request, context) => {
      const { place, id } = placedOf(collections.issuer, request.name);
      return mutate(shell, context, { method: methods.deleteIssuer, place, request }, async (tx, caller) => {
        const issuer = found(await deleteIssuer(tx, place, id), caller, missing(place, id));
        return { response: {}, act: actOf(issuer) };
      });
    },
  };
}

function actOf(issuer: Issuer) {
  const resource = nameIn(issuer.place, collections.issuer, issuer.id);
  return { resource, details: { issuerUri: issuer.issuerUri } };
}

function missing(place: Place, id: string): Problem {
  const name = nameIn(place, collections.issuer, id);
  return refuse("ISSUER_NOT_FOUND", `there is no issuer ${name}`, { issuer: name });
}

function taken(issuer: Issuer): Problem {
  const name = nameIn(issuer.place, collections.issuer, issuer.id);
  return refuse("ISSUER_ALREADY_EXISTS", `${name} exists, or its URI is registered already`, {
    issuer: name,
  });
}
