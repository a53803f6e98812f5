import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { create } from "@bufbuild/protobuf";
import {
  type Duration,
  DurationSchema,
  type Timestamp,
  TimestampSchema,
  timestampFromMs,
} from "@bufbuild/protobuf/wkt";
import type { Random } from "./random.ts";

/** Where the clocks of the fuzzer's markets begin. */
export const marketStart = "2026-03-02T08:00:00Z";
const startMs = Date.parse(marketStart);
const dayMs = 86_400_000;

const words = ["amber", "birch", "cobalt", "dune", "ember", "fjord", "grove", "harbour"];

export function shortText(random: Random): string {
  return `${random.pick(words)} ${random.pick(words)}`;
}

/** A text that an id or code pattern of the contracts accepts. */
export function matching(pattern: string, random: Random, number: number): string {
  const word = random.pick(words);
  const candidates = [`${word}-${number}`, `${word}_${number}`, `${word}_${number}`.toUpperCase(), word, ""];
  const rule = new RegExp(pattern);
  return candidates.find((text) => rule.test(text)) ?? word;
}

export function timestampOf(text: string): Timestamp {
  return timestampFromMs(Date.parse(text));
}

export function validTimestamp(random: Random): Timestamp {
  return timestampFromMs(startMs + random.int(30) * dayMs);
}

export function validDuration(random: Random): Duration {
  return create(DurationSchema, { seconds: BigInt(3_600 * (1 + random.int(100))) });
}

const longest = 2n ** 63n - 1n;

/** Times at and beyond every edge: of RFC 3339, of 64 bits, of JavaScript and of Postgres. */
export function edgeTimestamp(random: Random): Timestamp {
  const seconds = random.pick([
    0n,
    -1n,
    253_402_300_799n,
    253_402_300_800n,
    -62_135_596_800n,
    -62_135_596_801n,
    8_640_000_000_000n,
    8_640_000_000_001n,
    -210_866_803_201n,
    longest,
    -longest - 1n,
  ]);
  const nanos = random.pick([0, 1, 999_999_999, 1_000_000_000, -1, 2_147_483_647, -2_147_483_648]);
  return create(TimestampSchema, { seconds, nanos });
}

export function edgeDuration(random: Random): Duration {
  const seconds = random.pick([
    0n,
    1n,
    -1n,
    31_622_400n,
    31_622_401n,
    315_576_000_000n,
    315_576_000_001n,
    longest,
  ]);
  const nanos = random.pick([0, 1, -1, 999_999_999, 1_000_000_000, 2_147_483_647]);
  return create(DurationSchema, { seconds, nanos });
}

/** Numbers at the edges of what the types hold, as they fit into the asked kind. */
export function edgeNumber(random: Random, real: boolean): number {
  const whole = [0, 1, -1, 2, 100, 1_000, 1_001, 65_536, 2_147_483_647, -2_147_483_648];
  if (!real) return random.pick(whole);
  return random.pick([...whole, Number.NaN, Number.POSITIVE_INFINITY, -0, 1e308, 5e-324, 0.1]);
}

export function edgeBigint(random: Random, unsigned: boolean): bigint {
  const edges = [0n, 1n, 2n, 1_000_000_000n, 1_000_000_001n, 2n ** 31n, 2n ** 53n, 2n ** 53n + 1n, longest];
  if (unsigned) return random.pick([...edges, 2n ** 64n - 1n]);
  return random.pick([...edges, -1n, -longest - 1n, -1_000_000_001n]);
}

/** Texts that break what assumes too much of a text. `max` is the longest that the rules allow, 0 when they are silent. */
export function edgeText(random: Random, market: string, other: string, max: number): string {
  const length = max > 0 ? max : 64;
  return random.pick([
    () => "",
    () => " ",
    () => "\u0000",
    () => "a\u0000b",
    () => "x".repeat(length),
    () => "x".repeat(length + 1),
    () => "😀".repeat(length),
    () => `x${"😀".repeat(length)}`,
    () => "half \ud83d",
    () => "é".repeat(3_000),
    () => "y".repeat(100_000),
    () => "\u202Egnitsil\u202C",
    () => "e\u0301\u0327".repeat(20),
    () => "\uFFFD\uFEFF\u2028\u2029",
    () => "line\r\nheader: x",
    () => "'; drop table listings; --",
    () => "%00%2e%2e%2f",
    () => "../../etc/passwd",
    () => "markets/-",
    () => "markets/",
    () => `markets/${market}/`,
    () => `markets/${market}/listings/`,
    () => `markets/${market}/listings/${"n".repeat(63)}`,
    () => `markets/${market}/listings/${"n".repeat(64)}`,
    () => `markets/${market}/listings/a/b`,
    () => `markets/${market}/listings/..`,
    () => `markets/${other}/listings/x`,
    () => `markets/${other}`,
    () => `Markets/${market.toUpperCase()}`,
    () => "__proto__",
    () => "constructor",
    () => "null",
    () => "-1",
    () => ["$", "{jndi:x}"].join(""),
    () => JSON.stringify({ a: 1 }),
  ])();
}

const jsonEdges: readonly (() => JsonValue)[] = [
  () => null,
  () => "",
  () => "\u0000",
  () => "half \udc00",
  () => "z".repeat(20_000),
  () => Number.MAX_SAFE_INTEGER + 2,
  () => 1e308,
  () => -0,
  () => true,
  () => [],
  () => ({}),
  () => Array.from({ length: 2_000 }, (_, at) => at),
  () => nested(40),
  () => nested(90),
  () => ["a", 1, null, { b: [] }],
  () => "9999-12-31T23:59:60Z",
];

function nested(depth: number): JsonValue {
  let value: JsonValue = "deep";
  for (let at = 0; at < depth; at += 1) value = at % 2 === 0 ? { in: value } : [value];
  return value;
}

/** The object with some of its values replaced, removed or joined by odd ones. */
export function edgeObject(random: Random, object: JsonObject): JsonObject {
  const changed: JsonObject = { ...object };
  const keys = Object.keys(changed);
  for (let times = 1 + random.int(3); times > 0; times -= 1) {
    const key = keys.length > 0 ? random.pick(keys) : "type";
    const odd = random.pick([
      "",
      "__proto__",
      "\u0000",
      "\ud83d",
      "k".repeat(5_000),
      "constructor",
      "a.b",
      "$ref",
      "type",
    ]);
    const step = random.int(4);
    if (step === 0) delete changed[key];
    else if (step === 1) Object.defineProperty(changed, odd, own(random.pick(jsonEdges)()));
    else changed[key] = random.pick(jsonEdges)();
  }
  return changed;
}

// Plain assignment to `__proto__` would set the prototype instead of a key.
function own(value: JsonValue): PropertyDescriptor {
  return { value, enumerable: true, configurable: true, writable: true };
}
