import { closeSync, existsSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";

const FILE_BYTES_MAX = 16 * 2 ** 20;
const LAST_LINES_MAX = 30;
const LINE_CHARACTERS_MAX = 64 * 2 ** 10;

/**
 * The log file of one process: bounded (one older file is kept), with its last lines at hand. Lines are written at
 * once, so that none waits in memory and the last one before a crash is on disk.
 */
export class ProcessLog {
  readonly path: string;
  readonly #last: string[] = [];
  #file: number;
  #bytes: number;

  constructor(folder: string, name: string) {
    mkdirSync(folder, { recursive: true });
    this.path = join(folder, `${name}.log`);
    this.#file = openSync(this.path, "a", 0o600);
    this.#bytes = fstatSync(this.#file).size;
  }

  add(line: string): void {
    const kept = line.slice(0, LINE_CHARACTERS_MAX);
    this.#last.push(kept);
    if (this.#last.length > LAST_LINES_MAX) this.#last.shift();
    try {
      this.#bytes += writeSync(this.#file, `${kept}\n`);
      if (this.#bytes > FILE_BYTES_MAX) this.#rotate();
    } catch {
      // A full disk, or a line after the close, must not end the mesh for its log.
    }
  }

  lastLines(): readonly string[] {
    return this.#last;
  }

  close(): void {
    closeSync(this.#file);
    this.#file = -1;
  }

  #rotate(): void {
    closeSync(this.#file);
    if (existsSync(this.path)) renameSync(this.path, `${this.path}.1`);
    this.#file = openSync(this.path, "a", 0o600);
    this.#bytes = 0;
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

/** Whether it only warns. Services that start in any order warn of each other until all are there. */
export function isWarning(line: string): boolean {
  return parseEntry(line)?.level === "warn";
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
