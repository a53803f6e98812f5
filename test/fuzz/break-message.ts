import { create, type DescField, type DescMessage, type JsonObject, type Message } from "@bufbuild/protobuf";
import type { Draft } from "./build-message.ts";
import { fieldValue, isJsonObject, rulesOf, scalarSample, setValue, visitMessages } from "./fields.ts";
import { edgeBigint, edgeDuration, edgeNumber, edgeObject, edgeText, edgeTimestamp } from "./values.ts";

interface Place {
  readonly desc: DescMessage;
  readonly message: Message;
}

const changesMax = 3;

/** Takes a valid message to an edge, or over it, in one to three places. `other` is a market that the caller does not reach. */
export function breakMessage(draft: Draft, desc: DescMessage, message: Message, other: string): void {
  const { random } = draft;
  for (let changes = 1 + random.int(changesMax); changes > 0; changes -= 1) {
    const places: Place[] = [];
    visitMessages(desc, message, (type, found) => {
      if (type.fields.length > 0) places.push({ desc: type, message: found });
    });
    if (places.length === 0) return;
    const place = random.pick(places);
    const field = random.pick(place.desc.fields);
    setValue(place.message, field, edgeOf(draft, place.message, field, other));
  }
}

function edgeOf(draft: Draft, message: Message, field: DescField, other: string): unknown {
  const { random } = draft;
  const present = fieldValue(message, field);
  switch (field.fieldKind) {
    case "message":
      if (random.chance(0.25)) return undefined;
      return edgeMessage(draft, field.message, present);
    case "enum":
      return random.pick([0, 1, 2, 99, -1, 2_147_483_647]);
    case "map":
      return field.mapKind === "scalar" && field.scalar === 9
        ? { "": "", "\u0000": "x", __proto__: "y" }
        : {};
    case "list":
      return edgeList(draft, field, Array.isArray(present) ? present : [], other);
    case "scalar":
      return edgeScalar(draft, field, other, present);
  }
}

function edgeScalar(draft: Draft, field: DescField, other: string, present: unknown): unknown {
  const { random, market } = draft;
  const sample = scalarSample(field);
  if (typeof sample === "string") {
    if (typeof present === "string" && present !== "" && random.chance(0.35))
      return spoiled(draft, present, other).toWellFormed();
    return edgeText(random, market, other, longestOf(field)).toWellFormed();
  }
  if (typeof sample === "boolean") return present !== true;
  // 13 uint32, 7 fixed32, 4 uint64, 6 fixed64; 1 double, 2 float.
  const type = "scalar" in field ? (field.scalar as number) : 0;
  if (typeof sample === "bigint") return edgeBigint(random, type === 4 || type === 6);
  if (typeof sample === "number") {
    const number = edgeNumber(random, type === 1 || type === 2);
    return (type === 13 || type === 7) && number < 0 ? 4_294_967_295 : number;
  }
  return random.pick([new Uint8Array(), new Uint8Array(3).fill(255), new Uint8Array(100_000).fill(170)]);
}

/** Nearly the right name: another market's, longer, shorter, of another case. */
function spoiled({ random, market }: Draft, text: string, other: string): string {
  return random.pick([
    () => text.replace(`markets/${market}`, `markets/${other}`),
    () => `${text}/`,
    () => `${text}/x`,
    () => `${text}\u0000`,
    () => text.slice(0, -1),
    () => text.toUpperCase(),
    () => `${text}~`,
    () => text.replace(/[^/]+$/, "-"),
    () => text.replace(/[^/]+$/, ".."),
    () => `/${text}`,
    () => ` ${text}`,
  ])();
}

function longestOf(field: DescField): number {
  const rules = rulesOf(field).type;
  return rules.case === "string" ? Number(rules.value.maxLen) : 0;
}

function edgeList(
  draft: Draft,
  field: DescField & { fieldKind: "list" },
  present: unknown[],
  other: string,
): unknown[] {
  const { random } = draft;
  const rules = rulesOf(field).type;
  const most = rules.case === "repeated" && rules.value.maxItems > 0n ? Number(rules.value.maxItems) : 1_000;
  const item = present[0] ?? (field.listKind === "message" ? create(field.message) : scalarSample(field));
  return random.pick([
    () => [],
    () => [...present, item],
    () => [item, item],
    () => Array.from({ length: most }, () => item),
    () => Array.from({ length: most + 1 }, () => item),
    () => [...present, field.listKind === "scalar" ? edgeScalar(draft, field, other, item) : item],
  ])();
}

function edgeMessage(draft: Draft, desc: DescMessage, present: unknown): unknown {
  const { random } = draft;
  if (isJsonObject(desc)) return edgeObject(random, (present as JsonObject | undefined) ?? {});
  if (desc.typeName === "google.protobuf.Timestamp") return edgeTimestamp(random);
  if (desc.typeName === "google.protobuf.Duration") return edgeDuration(random);
  if (desc.typeName === "google.protobuf.FieldMask") {
    const paths = random.pick([
      ["*"],
      [""],
      ["name"],
      ["nothing.like_it"],
      ["attributes.x", "attributes.x"],
      ["a\u0000"],
    ]);
    return create(desc, { paths: random.chance(0.1) ? Array.from({ length: 1_000 }, () => "x") : paths });
  }
  return create(desc);
}
