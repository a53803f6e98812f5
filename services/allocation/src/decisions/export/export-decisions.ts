import { timestampDate } from "@bufbuild/protobuf/wkt";
import type { HandlerContext, MethodImpl } from "@connectrpc/connect";
import type { DecisionService } from "@marketmesh/contracts/allocation/v1";
import type { Tx } from "@marketmesh/postgres";
import { idsOf, pause } from "@marketmesh/rpc";
import { read } from "@marketmesh/service-host/calls";
import { patterns } from "../../rpc/names.ts";
import type { Shell } from "../../shell.ts";
import { listDecisions } from "../../storage/decision-store.ts";
import { firstIdAt } from "../log-entry.ts";
import { isRecording, readRecording } from "../recording.ts";
import { type RecordMessage, toRecordMessage } from "./record-message.ts";
import { RecordReader } from "./records.ts";

/** Decisions per read and per message. */
const recordsMax = 500;
/** Pairs per message: well below the 4 MiB that a message may have. */
const pairsMax = 5_000;
const lookMs = 20;

/**
 * Page by page, each in a transaction of its own: a slow reader holds nothing up. Decisions are never changed after their round
 * committed, so pages agree; answers are those of the moment their page was read.
 */
export function exportDecisions(
  shell: Pick<Shell, "database">,
): MethodImpl<typeof DecisionService.method.exportDecisions> {
  return async function* (request, context) {
    const { market } = idsOf(patterns.market, request.parent, "parent");
    const end = request.endTime ? firstIdAt(timestampDate(request.endTime)) : undefined;
    const records = new RecordReader(market, request.considered);
    await allRecorded(shell, context, market);
    let after = request.startTime ? firstIdAt(timestampDate(request.startTime)) : "";
    while (!context.signal.aborted) {
      const page = await readPrimary(shell, context, market, async (tx) => {
        const rows = await listDecisions(tx, market, {}, after, recordsMax);
        const within = end === undefined ? rows : rows.filter(({ id }) => id < end);
        return { joined: await records.read(tx, within), last: within.length < recordsMax };
      });
      const messages = page.joined.map((record) => toRecordMessage(market, record));
      for (const part of bySize(messages)) yield { records: part };
      if (page.last) return;
      after = page.joined.at(-1)!.decision.id;
    }
  };
}

/**
 * Waits for what records decisions now, so that all whose time is over are seen: an export that ends at a time before it began and
 * the one that begins at that time leave nothing out between them.
 */
async function allRecorded(
  shell: Pick<Shell, "database">,
  context: HandlerContext,
  market: string,
): Promise<void> {
  const recording = await readPrimary(shell, context, market, (tx) => readRecording(tx, market));
  if (recording.length === 0) return;
  const goesOn = () => readPrimary(shell, context, market, (tx) => isRecording(tx, market, recording));
  while (await goesOn()) await pause(lookMs, context.signal);
}

/** A replica may not have what was committed. */
function readPrimary<T>(
  shell: Pick<Shell, "database">,
  context: HandlerContext,
  market: string,
  work: (tx: Tx) => Promise<T>,
): Promise<T> {
  return read(shell, context, market, work, { readFrom: "PRIMARY" });
}

function* bySize(records: readonly RecordMessage[]): Generator<RecordMessage[]> {
  let part: RecordMessage[] = [];
  let pairs = 0;
  for (const record of records) {
    const size = record.pairs?.length ?? 0;
    if (part.length > 0 && pairs + size > pairsMax) {
      yield part;
      part = [];
      pairs = 0;
    }
    part.push(record);
    pairs += size;
  }
  if (part.length > 0) yield part;
}
