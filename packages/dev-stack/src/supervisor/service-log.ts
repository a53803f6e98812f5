import { createWriteStream, existsSync, mkdirSync, renameSync, statSync, type WriteStream } from "node:fs";
import { join } from "node:path";

const FILE_BYTES_MAX = 16 * 2 ** 20;
const LAST_LINES_MAX = 30;
const LINE_CHARACTERS_MAX = 64 * 2 ** 10;

/** The log file of one process: bounded (one older file is kept), with its last lines at hand. */
export class ProcessLog {
  readonly path: string;
  readonly #last: string[] = [];
  #bytes: number;
  #file: WriteStream;

  constructor(folder: string, name: string) {
    mkdirSync(folder, { recursive: true });
    this.path = join(folder, `${name}.log`);
    this.#bytes = existsSync(this.path) ? statSync(this.path).size : 0;
    this.#file = this.#open();
  }

  add(line: string): void {
    const kept = line.slice(0, LINE_CHARACTERS_MAX);
    this.#last.push(kept);
    if (this.#last.length > LAST_LINES_MAX) this.#last.shift();
    this.#file.write(`${kept}\n`);
    this.#bytes += Buffer.byteLength(kept) + 1;
    if (this.#bytes > FILE_BYTES_MAX) this.#rotate();
  }

  lastLines(): readonly string[] {
    return this.#last;
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#file.end(resolve));
  }

  #rotate(): void {
    this.#file.end();
    renameSync(this.path, `${this.path}.1`);
    this.#bytes = 0;
    this.#file = this.#open();
  }

  #open(): WriteStream {
    const file = createWriteStream(this.path, { flags: "a", mode: 0o600 });
    file.on("error", () => {}); // a full disk must not end the mesh for its log
    return file;
  }
}

/** A log line for people: `12:30:01 WARN  catalog  message  key=value`. Lines that are not ours stay as they are. */
export function readableLine(service: string, line: string): string {
  const entry = parseEntry(line);
  if (!entry) return `${service.padEnd(12)} ${line}`;
  const { time, level, msg, service: _service, ...fields } = entry;
  const at = typeof time === "string" ? time.slice(11, 23) : "";
  const rest = Object.entries(fields).map(([key, value]) => `${key}=${shown(value)}`);
  return [at, String(level).toUpperCase().padEnd(5), service.padEnd(12), String(msg), ...rest].join(" ");
}

/** Whether the terminal should see the line: warnings, errors, and what is no log line at all, such as a crash. */
export function isAlarming(line: string): boolean {
  const entry = parseEntry(line);
  return entry === undefined ? line.trim() !== "" : entry.level === "warn" || entry.level === "error";
}

function parseEntry(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const entry = JSON.parse(line) as Record<string, unknown>;
    return "level" in entry && "msg" in entry ? entry : undefined;
  } catch {
    return undefined;
  }
}

function shown(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
