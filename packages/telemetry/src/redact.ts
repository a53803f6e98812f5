const secretKey =
  /authorization|token|secret|password|passwd|credential|cookie|api[-_]?key|service[-_]?key|private[-_]?key|marketmesh-caller/i;
const secretInText = /(bearer\s+)[\w.~+/-]+=*|(:\/\/[^:/@\s]*:)[^@/\s]+(?=@)/gi;
const depthMax = 6;

/**
 * A copy that is safe to log: values under credential-like keys and bearer tokens or URL passwords inside text become
 * `[redacted]`, errors become name, message, stack and cause, bigints become decimal text, and what is nested deeper
 * than six levels is cut.
 */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === "string") return redactText(value);
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return typeof value === "function" ? undefined : value;
  if (depth >= depthMax) return "[deep]";
  if (value instanceof Error) return redactError(value, depth);
  if (value instanceof Date) return value;
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1));
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    copy[key] = secretKey.test(key) && typeof item !== "number" ? "[redacted]" : redact(item, depth + 1);
  }
  return copy;
}

function redactError(error: Error, depth: number): unknown {
  return {
    name: error.name,
    message: redactText(error.message),
    ...("code" in error && { code: error.code }),
    ...(error.stack !== undefined && { stack: redactText(error.stack) }),
    ...(error.cause !== undefined && { cause: redact(error.cause, depth + 1) }),
  };
}

function redactText(text: string): string {
  return text.replace(
    secretInText,
    (_, bearer?: string, userinfo?: string) => `${bearer ?? userinfo ?? ""}[redacted]`,
  );
}
