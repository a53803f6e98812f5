import type { Tx } from "@marketmesh/postgres";
import { sql } from "drizzle-orm";
import type { Place } from "../domain/names.ts";
import type { AuditEntry } from "../domain/resources.ts";
import { at, type TimeValue, timeOf } from "./rows.ts";

interface Row extends Record<string, unknown> {
  readonly market: string;
  readonly id: string;
  readonly occur_time: TimeValue;
  readonly principal: string;
  readonly via: string;
  readonly action: string;
  readonly resource: string;
  readonly request_id: string;
  readonly details: Readonly<Record<string, string>> | string;
}

export async function insertAuditEntry(tx: Tx, entry: AuditEntry): Promise<void> {
  await tx.execute(sql`
    insert into audit_entries (market, id, occur_time, principal, via, action, resource, request_id, details)
    values (${entry.place}, ${entry.id}, ${at(entry.occurTime)}, ${entry.principal}, ${entry.via}, ${entry.action},
      ${entry.resource}, ${entry.requestId}, ${JSON.stringify(entry.details)}::text::jsonb)`);
}

/** The latest first. An empty principal means all. */
export async function listAuditEntries(
  tx: Tx,
  place: Place,
  principal: string,
  page: { readonly beforeId: string | undefined; readonly limit: number },
): Promise<AuditEntry[]> {
  const rows = await tx.execute<Row>(sql`
    select * from audit_entries where market = ${place}
      and ${page.beforeId === undefined ? sql`true` : sql`id < ${page.beforeId}`}
      and ${principal === "" ? sql`true` : sql`principal = ${principal}`}
    order by id desc limit ${page.limit}`);
  return rows.map(toAuditEntry);
}

function toAuditEntry(row: Row): AuditEntry {
  const details = typeof row.details === "string" ? JSON.parse(row.details) : row.details;
  const { market, id, principal, via, action, resource, request_id } = row;
  return {
    place: market,
    id,
    occurTime: timeOf(row.occur_time),
    principal,
    via,
    action,
    resource,
    requestId: request_id,
    details,
  };
}
