import { clone, create, type DescField, type DescMessage, type Message } from "@bufbuild/protobuf";
import type { Contracts } from "./contracts.ts";
import { fieldValue, isJsonObject, isOutput, isRequired, rulesOf, scalarSample, setValue } from "./fields.ts";
import { shapeOf } from "./harvest.ts";
import { hintOf } from "./hints.ts";
import { etagsOf, fieldTexts, messagesOf, namesOf, type Origin, objectsOf, type Pool } from "./pool.ts";
import type { Random } from "./random.ts";
import { matching, shortText, validDuration, validTimestamp } from "./values.ts";

/** What a request is built with. */
export interface Draft {
  readonly contracts: Contracts;
  readonly pool: Pool;
  readonly random: Random;
  /** The market that the request is about: its id. */
  readonly market: string;
  /** The number of the request: makes its ids its own. */
  readonly number: number;
  /** The earlier requests that the values came from. */
  readonly origins: Set<Origin>;
  /** The field that holds the message under construction: `supply` says more than the `listing` inside. Empty outside. */
  readonly within: string;
}

const depthMax = 6;
const optionalShare = 0.3;
const exemplarShare = 0.85;

/** A message that keeps the rules of its type, from what exists in the mesh. */
export function buildMessage(draft: Draft, desc: DescMessage, depth = 0): Message {
  const message = create(desc);
  for (const oneof of desc.oneofs) {
    const field = draft.random.pick(oneof.fields);
    setValue(message, field, buildField(draft, desc, field, depth));
  }
  for (const field of desc.fields) {
    if (field.oneof || isOutput(field)) continue;
    if (!isRequired(field) && !isAlwaysTried(field) && !draft.random.chance(optionalShare)) continue;
    setValue(message, field, buildField(draft, desc, field, depth));
  }
  fitEtag(draft, desc, message);
  return message;
}

// A parent is a market or nothing; without it most of a service stays out of reach. Stock moves to another place only.
function isAlwaysTried(field: DescField): boolean {
  return (
    ["parent", "import", "market_time", "to_location"].includes(field.name) || field.name.endsWith("_id")
  );
}

function buildField(draft: Draft, desc: DescMessage, field: DescField, depth: number): unknown {
  const hint = hintOf(draft, desc, field);
  if (hint !== undefined) return hint.value;
  switch (field.fieldKind) {
    case "message":
      return buildNested(draft, field, field.message, depth);
    case "list":
      return buildList(draft, desc, field, depth);
    case "map":
      return {};
    case "enum": {
      const values = field.enum.values.filter(({ number }) => number !== 0);
      return draft.random.pick(values).number;
    }
    case "scalar":
      return buildScalar(draft, desc, field);
  }
}

function buildList(draft: Draft, desc: DescMessage, field: DescField & { fieldKind: "list" }, depth: number) {
  const rules = rulesOf(field).type;
  const { minItems = 0n, maxItems = 8n } = rules.case === "repeated" ? rules.value : {};
  const most = Math.min(Number(maxItems) || 8, 8);
  const count = Math.max(Number(minItems), draft.random.int(most + 1), isRequired(field) ? 1 : 0);
  const items = Array.from({ length: count }, () => buildItem(draft, desc, field, depth));
  // Most lists may not repeat what they name.
  return field.listKind === "scalar" ? [...new Set(items)] : items;
}

function buildItem(draft: Draft, desc: DescMessage, field: DescField & { fieldKind: "list" }, depth: number) {
  if (field.listKind === "message") return buildNested(draft, field, field.message, depth);
  if (field.listKind === "enum") return draft.random.pick(field.enum.values).number;
  return buildScalar(draft, desc, field);
}

function buildNested(draft: Draft, field: DescField, desc: DescMessage, depth: number): unknown {
  const { random, pool, market } = draft;
  if (isJsonObject(desc)) return buildObject(draft, field);
  if (desc.typeName === "google.protobuf.Timestamp") return validTimestamp(random);
  if (desc.typeName === "google.protobuf.Duration") return validDuration(random);
  if (desc.typeName === "google.protobuf.FieldMask") return create(desc);
  if (random.chance(exemplarShare)) {
    const known = taken(draft, pool.draw(messagesOf(desc.typeName, market), random));
    if (known !== undefined) return clone(desc, known as Message);
  }
  return depth >= depthMax ? create(desc) : buildMessage({ ...draft, within: field.name }, desc, depth + 1);
}

function buildObject(draft: Draft, field: DescField): unknown {
  const { random, pool, market, within } = draft;
  const drawn =
    pool.draw(objectsOf(within, market), random) ?? pool.draw(objectsOf(field.name, market), random);
  return taken(draft, drawn) ?? {};
}

function buildScalar(draft: Draft, desc: DescMessage, field: DescField): unknown {
  if (field.fieldKind !== "scalar" && field.fieldKind !== "list") return undefined;
  const { random } = draft;
  const sample = scalarSample(field);
  if (typeof sample === "string") return buildText(draft, desc, field);
  if (typeof sample === "boolean") return random.chance(0.5);
  if (typeof sample === "number") return clampedNumber(field, random.int(10));
  if (typeof sample === "bigint") return BigInt(clampedNumber(field, random.int(10)));
  return Uint8Array.of(1, 2, 3, random.int(256));
}

/** The number that is nearest to `wanted` within the field's rules. */
function clampedNumber(field: DescField, wanted: number): number {
  const { value } = rulesOf(field).type as { value?: NumberRules };
  const low = value?.greaterThan?.case === "gte" ? Number(value.greaterThan.value) : Number.NEGATIVE_INFINITY;
  const high = value?.lessThan?.case === "lte" ? Number(value.lessThan.value) : Number.POSITIVE_INFINITY;
  const number = Math.min(Math.max(wanted, low), high);
  return value?.notIn?.some((refused) => Number(refused) === number) === true ? number + 1 : number;
}

interface NumberRules {
  readonly greaterThan?: { readonly case?: string; readonly value?: number | bigint };
  readonly lessThan?: { readonly case?: string; readonly value?: number | bigint };
  readonly notIn?: readonly (number | bigint)[];
}

function buildText(draft: Draft, desc: DescMessage, field: DescField): string {
  const { contracts, random, pool, market, number } = draft;
  const shapes = contracts.shapes.get(`${desc.name}.${field.name}`) ?? [];
  const ofMarket = shapes.filter((shape) => shape.startsWith("markets/") === (market !== ""));
  if (shapes.length > 0) return buildName(draft, field, random.pick(ofMarket.length > 0 ? ofMarket : shapes));
  if (field.name.endsWith("_id") && field.name !== "request_id") return `fz-${number}-${random.int(1_000)}`;
  const rules = rulesOf(field).type;
  const texts = rules.case === "string" ? rules.value : undefined;
  if (texts && texts.in.length > 0) return random.pick(texts.in);
  const known = taken(draft, pool.draw(fieldTexts(field.name, market), random));
  const pattern = texts?.pattern ?? "";
  if (typeof known === "string" && (pattern === "" || new RegExp(pattern).test(known))) return known;
  return pattern === "" ? shortText(random) : matching(pattern, random, number);
}

function buildName(draft: Draft, field: DescField, shape: string): string {
  const { random, pool, market, number, within } = draft;
  if (shape === "markets/*" && field.name === "parent") return `markets/${market}`;
  const home = shape.startsWith("markets/") ? market : "";
  // A field of this name held it somewhere: it is more likely of the right side than any name of the shape.
  const similar = [within, field.name]
    .filter((name) => name !== "" && name !== "name" && random.chance(0.8))
    .map((name) => pool.draw(fieldTexts(name, home), random))
    .find((drawn) => drawn && shapeOf(String(drawn.value)) === shape);
  const drawn = taken(draft, similar ?? pool.draw(namesOf(shape, home), random));
  if (drawn !== undefined) return String(drawn);
  return shape.replace("markets/*", `markets/${market}`).replaceAll("*", `none-${number}`);
}

// The etag of another resource is a lost update, so it is that of the one that is named, or none.
function fitEtag(draft: Draft, desc: DescMessage, message: Message): void {
  const etag = desc.fields.find(({ name }) => name === "etag");
  const name = desc.fields.find((field) => field.name === "name");
  if (!etag || !name || isOutput(etag)) return;
  const known = draft.pool.draw(etagsOf(String(fieldValue(message, name))), draft.random);
  setValue(message, etag, draft.random.chance(0.8) ? undefined : (taken(draft, known) ?? ""));
}

function taken(draft: Draft, drawn: { value: unknown; origin: Origin } | undefined): unknown {
  if (drawn && drawn.origin >= 0) draft.origins.add(drawn.origin);
  return drawn?.value;
}
