import { createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import type { Database, Tx } from "@marketmesh/postgres";
import {
  planKeys,
  publishedKeysAt,
  type ScheduledKey,
  type SchedulePolicy,
  signingKeyAt,
} from "../domain/key-schedule.ts";
import type { MasterKey } from "../secrets/master-key.ts";
import {
  deleteSigningKeys,
  insertSigningKey,
  loadSigningKeys,
  lockRotation,
  type StoredSigningKey,
} from "../storage/signing-key-store.ts";
import { headerOf } from "./access-token.ts";

/** What signs a token. */
export interface Signer {
  readonly privateKey: KeyObject;
  /** The encoded JWS header. */
  readonly header: string;
}

export interface PublishedKey extends ScheduledKey {
  /** 32 bytes. */
  readonly publicKey: Buffer;
}

interface RingKey extends PublishedKey, Signer {}

/** This process's view of the signing keys. */
export interface KeyRing {
  /** The key that signs now. Throws before the first refresh. */
  signer(): Signer;
  /** The keys that verifiers shall know now, the oldest first. */
  published(): readonly PublishedKey[];
  /** Makes and drops keys that are due, under a lock over all replicas, and reads the rest. */
  refresh(): Promise<void>;
}

export interface KeyRingParts {
  readonly database: Database;
  readonly masterKey: MasterKey;
  readonly policy: SchedulePolicy;
  readonly now: () => Date;
  readonly uuid: () => string;
}

export function keyRing({ database, masterKey, policy, now, uuid }: KeyRingParts): KeyRing {
  let keys: readonly RingKey[] = [];

  async function refresh(): Promise<void> {
    const stored = await database.background(async (tx) => {
      const found = await loadSigningKeys(tx);
      if (!isDue(found)) return found;
      await lockRotation(tx);
      await rotate(tx);
      return loadSigningKeys(tx);
    });
    keys = stored.map((key) => keys.find((known) => known.id === key.id) ?? opened(key, masterKey));
  }

  function isDue(stored: readonly StoredSigningKey[]): boolean {
    const plan = planKeys(stored, now(), policy);
    return plan.make !== undefined || plan.drop.length > 0;
  }

  // Plans again on what is there once the lock is held: another replica may have done it all.
  async function rotate(tx: Tx): Promise<void> {
    const plan = planKeys(await loadSigningKeys(tx), now(), policy);
    if (plan.make) await insertSigningKey(tx, { ...newKey(uuid(), masterKey), ...plan.make });
    await deleteSigningKeys(tx, plan.drop);
  }

  return {
    refresh,
    published: () => publishedKeysAt(keys, now(), policy),
    signer() {
      const key = signingKeyAt(keys, now());
      if (!key) throw new Error("no signing key is loaded");
      return key;
    },
  };
}

function newKey(id: string, masterKey: MasterKey): Omit<StoredSigningKey, "publishTime" | "signTime"> {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const { x = "" } = publicKey.export({ format: "jwk" });
  const pkcs8 = privateKey.export({ format: "der", type: "pkcs8" });
  return { id, publicKey: Buffer.from(x, "base64url"), sealedPrivateKey: masterKey.seal(pkcs8, placeOf(id)) };
}

function opened(key: StoredSigningKey, masterKey: MasterKey): RingKey {
  const der = masterKey.open(key.sealedPrivateKey, placeOf(key.id));
  const { id, publicKey, publishTime, signTime } = key;
  const privateKey = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  return { id, publicKey, publishTime, signTime, privateKey, header: headerOf(id) };
}

function placeOf(id: string): string {
  return `signing key ${id}`;
}
