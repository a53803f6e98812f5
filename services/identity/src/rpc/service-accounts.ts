import type { ServiceImpl } from "@connectrpc/connect";
import { IdentityService } from "@marketmesh/contracts/identity/v1";
import { idAfter, listPage } from "@marketmesh/rpc";
import { read } from "@marketmesh/service-host/calls";
import { collections, nameIn, type Place } from "../domain/names.ts";
import { type Problem, refuse } from "../domain/problem.ts";
import { judgeEtag, type ServiceAccount } from "../domain/resources.ts";
import type { Shell } from "../shell.ts";
import {
  findServiceAccount,
  insertServiceAccount,
  listServiceAccounts,
  lockServiceAccount,
  saveServiceAccount,
} from "../storage/service-account-store.ts";
import { mustExist } from "./markets.ts";
import { serviceAccountMessage } from "./messages.ts";
import { mutate } from "./mutate.ts";
import { found, must, toConnectError } from "./problem.ts";
import { placedOf, placeOf } from "./request-names.ts";

const methods = IdentityService.method;
type Methods = Pick<
  ServiceImpl<typeof IdentityService>,
  "createServiceAccount" | "getServiceAccount" | "listServiceAccounts" | "disableServiceAccount"
>;

export function serviceAccounts(shell: Shell): Methods {
  return {
    createServiceAccount: (request, context) => {
      const place = placeOf(request.parent);
      return mutate(shell, context, { method: methods.createServiceAccount, place, request }, async (tx) => {
        await mustExist(tx, place);
        const account = newAccount(
          place,
          request.serviceAccountId,
          request.serviceAccount?.displayName ?? "",
          shell.now(),
        );
        if (!(await insertServiceAccount(tx, account))) throw toConnectError(taken(account));
        const act = { resource: nameIn(place, collections.serviceAccount, account.id) };
        return { response: { serviceAccount: serviceAccountMessage(account) }, act };
      });
    },

    getServiceAccount: (request, context) => {
      const { place, id } = placedOf(collections.serviceAccount, request.name);
      return read(shell, context, place, async (tx, caller) => {
        const account = found(await findServiceAccount(tx, place, id), caller, accountMissing(place, id));
        return { serviceAccount: serviceAccountMessage(account) };
      });
    },

    listServiceAccounts: async (request, context) => {
      const place = placeOf(request.parent);
      const { rows, nextPageToken } = await read(shell, context, place, (tx) =>
        listPage(
          request,
          ["serviceAccounts", place],
          ({ after, limit }) => listServiceAccounts(tx, place, { afterId: idAfter(after), limit }),
          (account) => [account.id],
        ),
      );
      return { serviceAccounts: rows.map(serviceAccountMessage), nextPageToken };
    },

    disableServiceAccount: (request, context) => {
      const { place, id } = placedOf(collections.serviceAccount, request.name);
      return mutate(
        shell,
        context,
        { method: methods.disableServiceAccount, place, request },
        async (tx, caller) => {
          const account = found(await lockServiceAccount(tx, place, id), caller, accountMissing(place, id));
          must(judgeEtag(request.etag, account, nameIn(place, collections.serviceAccount, id)));
          if (account.state === "DISABLED")
            return { response: { serviceAccount: serviceAccountMessage(account) } };
          const next: ServiceAccount = {
            ...account,
            state: "DISABLED",
            version: account.version + 1n,
            updateTime: shell.now(),
          };
          await saveServiceAccount(tx, next);
          const act = { resource: nameIn(place, collections.serviceAccount, id) };
          return { response: { serviceAccount: serviceAccountMessage(next) }, act };
        },
      );
    },
  };
}

export function newAccount(place: Place, id: string, displayName: string, now: Date): ServiceAccount {
  return { place, id, displayName, state: "ACTIVE", version: 1n, createTime: now, updateTime: now };
}

export function accountMissing(place: Place, id: string): Problem {
  const name = nameIn(place, collections.serviceAccount, id);
  return refuse("SERVICE_ACCOUNT_NOT_FOUND", `there is no service account ${name}`, { serviceAccount: name });
}

function taken(account: ServiceAccount): Problem {
  const name = nameIn(account.place, collections.serviceAccount, account.id);
  const metadata = { serviceAccount: name };
  return refuse("SERVICE_ACCOUNT_ALREADY_EXISTS", `${name} exists already`, metadata, "service_account_id");
}
