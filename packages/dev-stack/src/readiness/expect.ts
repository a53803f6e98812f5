import { isDeepStrictEqual } from "node:util";
import type { Expectation } from "./check.ts";
import { type Finding, missing, ok } from "./finding.ts";

/** Holds every value at the path of a document against what is expected. None is missing, whatever is expected. */
export function expectAt(
  document: unknown,
  path: string | undefined,
  expected: Expectation,
  where: string,
): Finding {
  const values = path === undefined ? [document] : valuesAt(document, path.split("."));
  const at = path === undefined ? where : `${where} ${path}`;
  if (values.length === 0) return missing(`${at} is absent`);
  for (const value of values) {
    const complaint = complaintAbout(value, expected, document);
    if (complaint !== undefined) return missing(`${at} ${complaint}`);
  }
  if (path === undefined) return ok(`${where}${asked(expected)}`);
  // The end of a path tells enough of what is well.
  return ok(`${where} ${path.split(".").slice(-2).join(".")} = ${shown(values[0])}`);
}

/** The values at a path; `*` stands for each element or entry. */
export function valuesAt(value: unknown, path: readonly string[]): unknown[] {
  const [key, ...rest] = path;
  if (key === undefined) return value === undefined || value === null ? [] : [value];
  if (typeof value !== "object" || value === null) return [];
  if (key === "*") return Object.values(value).flatMap((each) => valuesAt(each, rest));
  // A key may have dots of its own, as labels do: they are tried from the longest.
  for (let length = path.length; length > 1; length -= 1) {
    const joined = path.slice(0, length).join(".");
    if (Object.hasOwn(value, joined))
      return valuesAt((value as Record<string, unknown>)[joined], path.slice(length));
  }
  return Object.hasOwn(value, key) ? valuesAt((value as Record<string, unknown>)[key], rest) : [];
}

function complaintAbout(value: unknown, expected: Expectation, document: unknown): string | undefined {
  const { equals, matches, lacks, atLeast, atMost, sameAs } = expected;
  if (equals !== undefined && !isDeepStrictEqual(value, equals))
    return `is ${shown(value)}, not ${shown(equals)}`;
  if (matches !== undefined && !new RegExp(matches, "m").test(textOf(value)))
    return `does not say /${matches}/`;
  if (lacks !== undefined && new RegExp(lacks, "m").test(textOf(value))) return `says /${lacks}/`;
  if (atLeast !== undefined && !(Number(value) >= atLeast)) return `is ${shown(value)}, below ${atLeast}`;
  if (atMost !== undefined && !(Number(value) <= atMost)) return `is ${shown(value)}, above ${atMost}`;
  if (sameAs !== undefined && !isDeepStrictEqual([value], valuesAt(document, sameAs.split("."))))
    return `is ${shown(value)}, which ${sameAs} is not`;
  const nothingAsked = Object.values(expected).every((one) => one === undefined);
  if (nothingAsked && (value === false || textOf(value).trim() === "")) return "is empty";
  return undefined;
}

function asked({ matches, lacks }: Expectation): string {
  if (matches !== undefined) return ` says /${matches}/`;
  return lacks === undefined ? "" : ` lacks /${lacks}/`;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function shown(value: unknown): string {
  const text = textOf(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
