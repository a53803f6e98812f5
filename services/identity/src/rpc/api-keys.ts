import { timestampDate } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import { type CreateApiKeyRequest, IdentityService } from "@marketmesh/contracts/identity/v1";
import type { Tx } from "@marketmesh/postgres";
import { type Caller, holds, idAfter, listPage } from "@marketmesh/rpc";
import { read } from "@marketmesh/service-host/calls";
import { type ApiKey, judgeExpiry } from "../domain/api-key.ts";
import { exceeds, principalInvalid } from "../domain/grant.ts";
import { collections, nameIn, type Place, parsePlaced } from "../domain/names.ts";
import { type Problem, refuse } from "../domain/problem.ts";
import { roleOf } from "../domain/roles.ts";
import { newSecret, sha256Of } from "../secrets/api-key-secret.ts";
import type { Shell } from "../shell.ts";
import { findApiKey, insertApiKey, listApiKeys, revokeApiKey } from "../storage/api-key-store.ts";
import { grantsOf } from "../storage/grant-store.ts";
import { lockServiceAccount } from "../storage/service-account-store.ts";
import { apiKeyMessage } from "./messages.ts";
import { mutate } from "./mutate.ts";
import { found, must, toConnectError } from "./problem.ts";
import { placedOf, placeOf } from "./request-names.ts";
import { accountMissing } from "./service-accounts.ts";

const methods = IdentityService.method;
type Methods = Pick<
  ServiceImpl<typeof IdentityService>,
  "createApiKey" | "getApiKey" | "listApiKeys" | "revokeApiKey"
>;

export function apiKeys(shell: Shell): Methods {
  return {
    createApiKey: async (request, context) => {
      const place = placeOf(request.parent);
      const key = requestedKey(request, place, shell);
      const secret = newSecret();
      let isNew = false;
      // The remembered answer must not hold the secret, so it joins the answer only after the transaction.
      const response = await mutate(
        shell,
        context,
        { method: methods.createApiKey, place, request },
        async (tx, caller) => {
          await judgeAccount(tx, key, caller);
          if (!(await insertApiKey(tx, key, sha256Of(secret)))) throw toConnectError(taken(key));
          isNew = true;
          return { response: { apiKey: apiKeyMessage(key, shell.now()) }, act: actOf(key) };
        },
      );
      return isNew ? { ...response, secret } : response;
    },

    getApiKey: (request, context) => {
      const { place, id } = placedOf(collections.apiKey, request.name);
      return read(shell, context, place, async (tx, caller) => {
        const key = found(await findApiKey(tx, place, id), caller, missing(place, id));
        return { apiKey: apiKeyMessage(key, shell.now()) };
      });
    },

    listApiKeys: async (request, context) => {
      const place = placeOf(request.parent);
      const account =
        request.serviceAccount === "" ? "" : accountIn(place, request.serviceAccount, "service_account");
      const { rows, nextPageToken } = await read(shell, context, place, (tx) =>
        listPage(
          request,
          ["apiKeys", place, account],
          ({ after, limit }) => listApiKeys(tx, place, account, { afterId: idAfter(after), limit }),
          (key) => [key.id],
        ),
      );
      return { apiKeys: rows.map((key) => apiKeyMessage(key, shell.now())), nextPageToken };
    },

    revokeApiKey: (request, context) => {
      const { place, id } = placedOf(collections.apiKey, request.name);
      return mutate(shell, context, { method: methods.revokeApiKey, place, request }, async (tx, caller) => {
        const revoked = found(await revokeApiKey(tx, place, id, shell.now()), caller, missing(place, id));
        const response = { apiKey: apiKeyMessage(revoked.key, shell.now()) };
        return revoked.changed ? { response, act: actOf(revoked.key) } : { response };
      });
    },
  };
}

function requestedKey(request: CreateApiKeyRequest, place: Place, { now, uuid }: Shell): ApiKey {
  const asked = request.apiKey;
  return {
    place,
    id: request.apiKeyId === "" ? uuid() : request.apiKeyId,
    serviceAccount: accountIn(place, asked?.serviceAccount ?? "", "api_key.service_account"),
    displayName: asked?.displayName ?? "",
    expireTime: must(judgeExpiry(asked?.expireTime && timestampDate(asked.expireTime), now())),
    revokeTime: undefined,
    createTime: now(),
  };
}

// Whoever has a key has the roles of its account, so making one is like granting them.
async function judgeAccount(tx: Tx, key: ApiKey, caller: Caller): Promise<void> {
  const { place, serviceAccount } = key;
  const name = nameIn(place, collections.serviceAccount, serviceAccount);
  const account = await lockServiceAccount(tx, place, serviceAccount);
  const { state } = found(account, caller, accountMissing(place, serviceAccount));
  if (state === "DISABLED") {
    throw toConnectError(refuse("SERVICE_ACCOUNT_DISABLED", `${name} is disabled`, { serviceAccount: name }));
  }
  for (const grant of await grantsOf(tx, place, name)) {
    const role = roleOf(grant.role);
    const problem = role && exceeds(role, (wanted) => holds(caller.permissions, wanted));
    if (problem) throw toConnectError(problem);
  }
}

function accountIn(place: Place, name: string, field: string): string {
  const parsed = parsePlaced(collections.serviceAccount, name);
  if (parsed?.place === place) return parsed.id;
  throw toConnectError(principalInvalid(name, field));
}

function actOf(key: ApiKey) {
  const details = { serviceAccount: nameIn(key.place, collections.serviceAccount, key.serviceAccount) };
  return { resource: nameIn(key.place, collections.apiKey, key.id), details };
}

function missing(place: Place, id: string): Problem {
  const name = nameIn(place, collections.apiKey, id);
  return refuse("API_KEY_NOT_FOUND", `there is no API key ${name}`, { apiKey: name });
}

function taken(key: ApiKey): Problem {
  const name = nameIn(key.place, collections.apiKey, key.id);
  return refuse("API_KEY_ALREADY_EXISTS", `${name} exists already`, { apiKey: name }, "api_key_id");
}
