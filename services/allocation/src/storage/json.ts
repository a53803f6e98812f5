/** A jsonb parameter; undefined is null. */
export function jsonOf(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}

/** A jsonb column as the driver gives it, parsed or as text, depending on who made the client. */
export function fromJson<T>(value: T | string | null): T | undefined {
  if (value === null) return undefined;
  return typeof value === "string" ? (JSON.parse(value) as T) : value;
}
