import { parseArgs } from "node:util";
import type { Command } from "../command.ts";
import { asOperator } from "../running-mesh.ts";
import { drawTrace } from "../trace/draw-trace.ts";
import { type FoundTrace, readTrace } from "../trace/read-trace.ts";
import { UsageError } from "../usage-error.ts";

const linkedMax = 5;

export const trace: Command = {
  usage: "TRACE_ID|OFFER [--links] [--lines N]",
  about: "draws a trace of this checkout's mesh, or that of markets/MARKET/offers/OFFER, as a tree",
  async run(args) {
    const options = { links: { type: "boolean" }, lines: { type: "string" } } as const;
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    const [asked] = positionals;
    if (asked === undefined) throw new UsageError("name a trace id or an offer");
    const linesMax = Number(values.lines ?? 200);
    if (!Number.isSafeInteger(linesMax) || linesMax < 2)
      throw new UsageError("--lines takes a number from 2");
    const { defaultStateDir, tracesDirOf } = await import("@marketmesh/dev-stack");
    const folder = tracesDirOf(defaultStateDir());
    const found = readTrace(folder, await traceIdOf(asked));
    if (found.spans.length === 0) {
      process.stderr.write(`marketmesh: ${absence(asked, found, folder)}\n`);
      process.exitCode = 1;
      return;
    }
    const linked = values.links ? linkedTraces(folder, found) : new Map<string, FoundTrace>();
    process.stdout.write(`${drawTrace(found, { linesMax, linked }).join("\n")}\n`);
  },
};

async function traceIdOf(asked: string): Promise<string> {
  if (/^[0-9a-f]{32}$/.test(asked)) return asked;
  const [, inTraceparent] = /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(asked) ?? [];
  if (inTraceparent !== undefined) return inTraceparent;
  if (!/^markets\/[^/]+\/offers\/[^/]+$/.test(asked))
    throw new UsageError(`${asked} is neither a trace id (32 hexadecimal digits) nor an offer's name`);
  const { offer } = await asOperator((mesh) => mesh.allocation.getOffer({ name: asked }));
  const [, traceId] = /^00-([0-9a-f]{32})-/.exec(offer?.traceparent ?? "") ?? [];
  if (traceId === undefined) throw new UsageError(`${asked} was not traced`);
  return traceId;
}

function absence(asked: string, { traceId, referring }: FoundTrace, folder: string): string {
  const of = asked === traceId ? `trace ${traceId}` : `trace ${traceId} of ${asked}`;
  const batches =
    referring.length > 0 ? ` It is linked from ${referring[0]?.traceId}, which you can draw.` : "";
  return `no span of ${of} in ${folder}: it was not among those that are kept, or is older than the files.${batches}`;
}

/** The traces that its spans link to, the first few. */
function linkedTraces(folder: string, { traceId, spans }: FoundTrace): Map<string, FoundTrace> {
  const ids = new Set(spans.flatMap(({ links }) => links.map((link) => link.traceId)));
  ids.delete(traceId);
  const traces = [...ids].slice(0, linkedMax).map((id) => readTrace(folder, id));
  return new Map(traces.map((found) => [found.traceId, found]));
}
