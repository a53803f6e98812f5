import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { appendFile, rename } from "node:fs/promises";
import { join } from "node:path";
import type { SpanExporter } from "@opentelemetry/sdk-trace";
import { otlpLine } from "./otlp-json.ts";

export interface SpanFileOptions {
  /** Made when it is missing. */
  readonly directory: string;
  readonly service: string;
  readonly pid: number;
  /** What this process keeps on disk at most, in bytes: half in `<service>.<pid>.ndjson`, half in the one before it. */
  readonly bytesMax: number;
}

/**
 * Appends spans to a local file, a line of OTLP/JSON for each batch; a line that a crash cut short costs that batch and
 * nothing else. When the file is full it becomes `.1.ndjson`, in place of the one before. Files of processes that are gone
 * stay, those of one service up to `bytesMax` together.
 */
export function spanFile({ directory, service, pid, bytesMax }: SpanFileOptions): SpanExporter {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, `${service}.${pid}.ndjson`);
  const before = join(directory, `${service}.${pid}.1.ndjson`);
  prune(directory, service, bytesMax);
  let bytes = 0;
  let last: Promise<void> = Promise.resolve();

  async function write(line: string): Promise<void> {
    const length = Buffer.byteLength(line);
    if (bytes > 0 && bytes + length > bytesMax / 2) {
      await rename(path, before);
      bytes = 0;
    }
    // What a process of the same id left behind may end in the middle of a line.
    await appendFile(path, bytes === 0 ? `\n${line}` : line, { mode: 0o600 });
    bytes += length + 1;
  }

  return {
    export(spans, done) {
      last = last
        .then(() => write(otlpLine(spans)))
        .then(
          () => done({ code: 0 }),
          (error: Error) => done({ code: 1, error }),
        );
    },
    forceFlush: () => last,
    shutdown: () => last,
  };
}

/** Removes the oldest files of a service until what is left fits. */
function prune(directory: string, service: string, bytesMax: number): void {
  const files = readdirSync(directory)
    .filter((name) => name.startsWith(`${service}.`) && name.endsWith(".ndjson"))
    .flatMap((name) => {
      const found = statSync(join(directory, name), { throwIfNoEntry: false });
      return found ? [{ name, bytes: found.size, timeMs: found.mtimeMs }] : [];
    })
    .sort((a, b) => b.timeMs - a.timeMs);
  let kept = 0;
  for (const file of files) {
    kept += file.bytes;
    if (kept > bytesMax) rmSync(join(directory, file.name), { force: true });
  }
}
