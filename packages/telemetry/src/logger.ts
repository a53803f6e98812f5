import { trace } from "@opentelemetry/api";
import { redact } from "./redact.ts";

/** From most to least talkative. */
export const logLevels = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof logLevels)[number];

/** What a log line says beside its message. Keys are camelCase; values that look like credentials are redacted. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Writes JSON lines `{time, level, service, msg, ...}`. Never throws. */
export interface Logger {
  debug(msg: string, fields?: LogFields): void;
  info(msg: string, fields?: LogFields): void;
  warn(msg: string, fields?: LogFields): void;
  error(msg: string, fields?: LogFields): void;
  /** A logger whose lines all carry these fields as well. */
  child(fields: LogFields): Logger;
}

export interface LoggerOptions {
  readonly service: string;
  readonly level: LogLevel;
  /** Receives one line, newline included. */
  readonly write: (line: string) => void;
  readonly now: () => Date;
  /** Fields of the call that is being served, for example its request id; asked for once a line. */
  readonly callFields?: () => LogFields | undefined;
}

/** A logger of a service; lines below `level` are dropped before they are formatted. */
export function createLogger(options: LoggerOptions): Logger {
  return loggerWith(options, {});
}

function loggerWith(options: LoggerOptions, own: LogFields): Logger {
  const lowest = logLevels.indexOf(options.level);
  const at = (level: LogLevel) => {
    if (logLevels.indexOf(level) < lowest) return () => {};
    return (msg: string, fields?: LogFields) => options.write(lineOf(options, level, msg, own, fields));
  };
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    child: (fields) => loggerWith(options, { ...own, ...fields }),
  };
}

function lineOf(options: LoggerOptions, level: LogLevel, msg: string, own: LogFields, fields?: LogFields) {
  const span = trace.getActiveSpan()?.spanContext();
  const head = { time: options.now().toISOString(), level, service: options.service, msg };
  const context = { ...options.callFields?.(), ...(span && { traceId: span.traceId, spanId: span.spanId }) };
  return `${JSON.stringify({ ...head, ...context, ...(redact({ ...own, ...fields }) as LogFields) })}\n`;
}
