import type { HandlerContext, MethodImpl } from "@connectrpc/connect";
import type { CatalogService, ImportListingsRequest } from "@marketmesh/contracts/catalog/v1";
import { scopeOf } from "@marketmesh/postgres";
import { type Caller, callerOf, idsOf, invalidField } from "@marketmesh/rpc";
import type { CompiledKind } from "../domain/compiled-kind.ts";
import type { Import } from "../domain/import.ts";
import { prepareRows } from "../import/prepare-rows.ts";
import { storeChunk } from "../import/store-chunk.ts";
import { findImport } from "../storage/import-store.ts";
import type { Telemetry } from "../telemetry.ts";
import type { Deps } from "./deps.ts";
import { importPattern, revisionOfImport, toImportMessage } from "./import-message.ts";
import { kindNotFound, notThere, toConnectError } from "./problem.ts";

type Uses = Deps & { readonly telemetry: Telemetry };

/** A stream of chunks into one import. The next chunk is read when the one before is stored: memory holds one per stream. */
export function importListings(deps: Uses): MethodImpl<typeof CatalogService.method.importListings> {
  return async (requests, context) => {
    let upload: Upload | undefined;
    for await (const request of requests) {
      upload ??= await begin(deps, context, request.import);
      if (request.import !== "" && request.import !== upload.name) {
        throw invalidField("import", "All messages of a stream are of one import.");
      }
      upload.state = await take(deps, upload, request, context.signal);
    }
    if (!upload) throw invalidField("import", "The first message names the import.");
    return { import: toImportMessage(upload.state, await revisionOfImport(deps, upload.state)) };
  };
}

interface Upload {
  readonly name: string;
  readonly caller: Caller;
  readonly kind: CompiledKind;
  state: Import;
}

async function begin(deps: Uses, context: HandlerContext, name: string): Promise<Upload> {
  const { market, import: id } = idsOf(importPattern, name, "import");
  const caller = callerOf(context);
  return deps.database.transaction(scopeOf(caller, market), async (tx) => {
    const state = await findImport(tx, market, id);
    if (!state) throw notThere(caller, "import", name);
    if (state.state === "COMPLETE") throw complete(name);
    // Kinds change compatibly, so one version is good for the whole stream.
    const kind = await deps.kinds.load(tx, market, state.kind);
    if (!kind) throw kindNotFound(market, state.kind);
    return { name, caller, kind, state };
  });
}

async function take(
  deps: Uses,
  upload: Upload,
  request: ImportListingsRequest,
  signal: AbortSignal,
): Promise<Import> {
  const { name, caller, kind, state } = upload;
  const { market, id } = state;
  if (state.state === "COMPLETE") throw complete(name);
  const firstRow = firstRowOf(request, state.acknowledgedRow);
  const skipped = Math.min(request.rows.length, Math.max(0, state.acknowledgedRow + 1 - firstRow));
  const rows = request.rows.slice(skipped);
  const prepared = await prepareRows(deps.keys, { market, kind, caller }, firstRow + skipped, rows);
  const lastRow = rows.length === 0 ? 0 : firstRow + request.rows.length - 1;
  const context = { market, importId: id, caller, kindVersion: kind.version, signal };
  const next = await storeChunk(deps, { ...prepared, lastRow, complete: request.complete }, context);
  if (!next) throw notThere(caller, "import", name);
  deps.telemetry.rowsImported(state.counts, next.counts);
  return next;
}

function firstRowOf({ firstRow, rows }: ImportListingsRequest, acknowledgedRow: number): number {
  if (rows.length === 0) return acknowledgedRow + 1;
  if (firstRow < 1n || firstRow > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw invalidField("first_row", "Rows are numbered from 1.");
  }
  const nextRow = acknowledgedRow + 1;
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
