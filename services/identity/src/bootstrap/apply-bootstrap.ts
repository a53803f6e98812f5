import { type Announcement, announce } from "@marketmesh/events";
import type { Tx } from "@marketmesh/postgres";
import { audit } from "../audit.ts";
import { collections, nameIn, roleName } from "../domain/names.ts";
import { grantCreated } from "../rpc/grants.ts";
import { newAccount } from "../rpc/service-accounts.ts";
import type { Shell } from "../shell.ts";
import { insertApiKey, listApiKeys, revokeApiKey } from "../storage/api-key-store.ts";
import { insertGrant } from "../storage/grant-store.ts";
import { insertServiceAccount } from "../storage/service-account-store.ts";
import type { BootstrapEntry } from "./bootstrap-file.ts";

const bootstrapKey = "bootstrap-";
const keysPerAccountMax = 1_000;

/**
 * Makes what the file says be there: accounts, their roles, and the key whose hash it gives. A key that an earlier file gave and
 * this one does not is revoked; keys and roles made by RPC stay, and so does a revocation. Applying it again changes nothing.
 */
export async function applyBootstrap(shell: Shell, entries: readonly BootstrapEntry[]): Promise<void> {
  await shell.database.background(async (tx) => {
    const facts: Announcement[] = [];
    for (const entry of entries) facts.push(...(await applyEntry(shell, tx, entry)));
    if (facts.length > 0) await announce(tx, facts);
  });
}

async function applyEntry(shell: Shell, tx: Tx, entry: BootstrapEntry): Promise<Announcement[]> {
  const now = shell.now();
  const principal = nameIn("", collections.serviceAccount, entry.id);
  const isNew = await insertServiceAccount(tx, newAccount("", entry.id, "", now));
  if (isNew) await record(shell, tx, principal, {});
  const facts: Announcement[] = [];
  for (const role of entry.roles) {
    const grant = { place: "", id: shell.uuid(), principal, role, party: "", createTime: now };
    if (!(await insertGrant(tx, grant))) continue;
    await record(shell, tx, nameIn("", collections.grant, grant.id), { principal, role: roleName(role) });
    facts.push(grantCreated(grant));
  }
  await applyKey(shell, tx, entry);
  return facts;
}

async function applyKey(shell: Shell, tx: Tx, entry: BootstrapEntry): Promise<void> {
  const now = shell.now();
  // A part of the hash names the key without telling enough to find its secret.
  const id = `${bootstrapKey}${entry.id.slice(0, 30)}-${entry.keySha256.toString("hex").slice(0, 12)}`;
  const key = {
    place: "",
    id,
    serviceAccount: entry.id,
    displayName: "from the bootstrap file",
    expireTime: undefined,
    revokeTime: undefined,
    createTime: now,
  };
  const account = nameIn("", collections.serviceAccount, entry.id);
  if (!(await insertApiKey(tx, key, entry.keySha256))) return;
  await record(shell, tx, nameIn("", collections.apiKey, id), { serviceAccount: account });
  const others = await listApiKeys(tx, "", entry.id, { afterId: undefined, limit: keysPerAccountMax });
  for (const other of others.filter(
    (candidate) => candidate.id.startsWith(bootstrapKey) && candidate.id !== id,
  )) {
    const revoked = await revokeApiKey(tx, "", other.id, now);
    if (!revoked?.changed) continue;
    await record(shell, tx, nameIn("", collections.apiKey, other.id), {
      serviceAccount: account,
      state: "REVOKED",
    });
  }
}

function record(
  shell: Shell,
  tx: Tx,
  resource: string,
  details: Readonly<Record<string, string>>,
): Promise<void> {
  return audit(
    shell,
    tx,
    { principal: "", requestId: "" },
    { place: "", action: "Bootstrap", resource, details },
  );
}
