import type { Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import type { ScheduledKey } from "../domain/key-schedule.ts";
import { at, type TimeValue, texts, timeOf } from "./rows.ts";

/** A signing key as it is kept: the private half only under the master key. */
export interface StoredSigningKey extends ScheduledKey {
  /** 32 bytes. */
  readonly publicKey: Buffer;
  readonly sealedPrivateKey: Buffer;
}

interface Row extends Record<string, unknown> {
  readonly id: string;
  readonly public_key: Buffer;
  readonly sealed_private_key: Buffer;
  readonly publish_time: TimeValue;
  readonly sign_time: TimeValue;
}

const rotationLock = 0x6d6d_1001;

/** Held until the transaction ends: one replica makes keys. */
export async function lockRotation(tx: Tx): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${rotationLock})`);
}

/** All keys; there are at most a handful. */
export async function loadSigningKeys(tx: Tx): Promise<StoredSigningKey[]> {
  const rows = await tx.execute<Row>(sql`select * from signing_keys order by sign_time, id limit 100`);
  return rows.map((row) => ({
    id: row.id,
    publicKey: row.public_key,
    sealedPrivateKey: row.sealed_private_key,
    publishTime: timeOf(row.publish_time),
    signTime: timeOf(row.sign_time),
  }));
}

export async function insertSigningKey(tx: Tx, key: StoredSigningKey): Promise<void> {
  await tx.execute(sql`
    insert into signing_keys (id, public_key, sealed_private_key, publish_time, sign_time)
    values (${key.id}, ${key.publicKey}, ${key.sealedPrivateKey}, ${at(key.publishTime)}, ${at(key.signTime)})`);
}

export async function deleteSigningKeys(tx: Tx, ids: readonly string[]): Promise<void> {
  await tx.execute(sql`delete from signing_keys where id = any(${texts(ids)})`);
}
