import type { HandlerContext, MethodImpl } from "@connectrpc/connect";
import type { CatalogService, ImportListingsRequest } from "@marketmesh/contracts/catalog/v1";
import { scopeOf } from "@marketmesh/postgres";
import { type Caller, callerOf, idsOf, invalidField } from "@marketmesh/rpc";
import type { CompiledKind } from "../domain/compiled-kind.ts";
import type { Import } from "../domain/import.ts";
import { prepareRows } from "../import/prepare-rows.ts";
import { type Chunk, storeChunk } from "../import/store-chunk.ts";
import { findImport } from "../storage/import-store.ts";
import type { Deps } from "./deps.ts";
import { importPattern, revisionOfImport, toImportMessage } from "./import-message.ts";
import { kindNotFound, notThere, toConnectError } from "./problem.ts";

/**
 * A stream of chunks into one import. While one chunk is being stored the next is read and checked, no further: memory holds
 * two per stream, and the sender waits.
 */
export function importListings(deps: Deps): MethodImpl<typeof CatalogService.method.importListings> {
  return async (requests, context) => {
    let upload: Upload | undefined;
    let storing: Promise<Import> | undefined;
    try {
      for await (const request of requests) {
        upload ??= await begin(deps, context, request.import);
        const chunk = await check(deps, upload, request);
        if (storing) upload.state = await storing;
        storing = store(deps, upload, chunk, context.signal);
        // Awaited with the next chunk; meanwhile a failure must not count as unhandled.
        storing.catch(() => {});
      }
    } catch (error) {
      // A later chunk that is refused takes nothing back: what came before it is stored.
      await storing?.catch(() => {});
      throw error;
    }
    if (!upload || !storing) throw invalidField("import", "The first message names the import.");
    const state = await storing;
    return { import: toImportMessage(state, await revisionOfImport(deps, state)) };
  };
}

interface Upload {
  readonly name: string;
  readonly caller: Caller;
  readonly kind: CompiledKind;
  /** As the last stored chunk left it. */
  state: Import;
  /** The last row that is stored, or will be once the chunk in hand is. */
  expectedRow: number;
  /** Whether the chunk in hand ends the import. */
  ends: boolean;
}

async function begin(deps: Deps, context: HandlerContext, name: string): Promise<Upload> {
  const { market, import: id } = idsOf(importPattern, name, "import");
  const caller = callerOf(context);
  return deps.database.transaction(scopeOf(caller, market), async (tx) => {
    const state = await findImport(tx, market, id);
    if (!state) throw notThere(caller, "import", name);
    if (state.state === "COMPLETE") throw complete(name);
    // Kinds change compatibly, so one version is good for the whole stream.
    const kind = await deps.kinds.load(tx, market, state.kind);
    if (!kind) throw kindNotFound(market, state.kind);
    return { name, caller, kind, state, expectedRow: state.acknowledgedRow, ends: false };
  });
}

async function check(deps: Deps, upload: Upload, request: ImportListingsRequest): Promise<Chunk> {
  if (request.import !== "" && request.import !== upload.name) {
    throw invalidField("import", "All messages of a stream are of one import.");
  }
  if (upload.ends) throw complete(upload.name);
  const { caller, kind, state, expectedRow } = upload;
  const firstRow = firstRowOf(request, expectedRow);
  const skipped = Math.min(request.rows.length, Math.max(0, expectedRow + 1 - firstRow));
  const rows = request.rows.slice(skipped);
  const lastRow = rows.length === 0 ? expectedRow : firstRow + request.rows.length - 1;
  const target = { market: state.market, kind, caller };
  const prepared = await prepareRows(deps.keys, target, firstRow + skipped, rows);
  upload.expectedRow = lastRow;
  upload.ends = request.complete;
  return { ...prepared, lastRow, complete: request.complete };
}

async function store(deps: Deps, upload: Upload, chunk: Chunk, signal: AbortSignal): Promise<Import> {
  const { name, caller, kind, state } = upload;
  const context = { market: state.market, importId: state.id, caller, kindVersion: kind.version, signal };
  const next = await storeChunk(deps, chunk, context);
  if (!next) throw notThere(caller, "import", name);
  // Another stream completed the import before this chunk was stored.
  if (next.state === "COMPLETE" && (!chunk.complete || next.acknowledgedRow < chunk.lastRow))
    throw complete(name);
  deps.telemetry.rowsImported(state.counts, next.counts);
  return next;
}

function firstRowOf({ firstRow, rows }: ImportListingsRequest, expectedRow: number): number {
  if (rows.length === 0) return expectedRow + 1;
  if (firstRow < 1n || firstRow > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw invalidField("first_row", "Rows are numbered from 1.");
  }
  const nextRow = expectedRow + 1;
  if (Number(firstRow) <= nextRow) return Number(firstRow);
  throw toConnectError({
    reason: "IMPORT_ROW_GAP",
    message: `Rows in between would be lost: send from row ${nextRow}.`,
    field: "first_row",
    metadata: { field: "first_row", nextRow: String(nextRow) },
  });
}

function complete(name: string) {
  return toConnectError({
    reason: "IMPORT_COMPLETE",
    message: `${name} was completed and takes no more rows`,
    metadata: { import: name },
  });
}
