import { Code } from "@connectrpc/connect";

const names = new Map<Code, string>(
  Object.entries(Code)
    .filter((entry): entry is [string, Code] => typeof entry[1] === "number")
    .map(([name, code]) => [code, name.replace(/(?<=.)[A-Z]/g, (letter) => `_${letter}`).toUpperCase()]),
);

/** `NOT_FOUND` for Code.NotFound; `OK` for undefined. */
export function codeName(code: Code | undefined): string {
  return code === undefined ? "OK" : (names.get(code) ?? "UNKNOWN");
}
