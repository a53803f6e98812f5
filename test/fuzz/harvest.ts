import type { DescMessage, Message } from "@bufbuild/protobuf";
import type { Rpc } from "./contracts.ts";
import { fieldValue, isJsonObject, visitMessages } from "./fields.ts";
import {
  etagsOf,
  fieldTexts,
  messagesOf,
  namesOf,
  type Origin,
  objectsOf,
  type Pool,
  pagesOf,
  requestsOf,
} from "./pool.ts";

/** What is named so must outlive the run: nothing of it is put in the pool, so nothing disables or erases it. */
export const keepMark = "fz-keep";

const textMax = 200;
const itemsMax = 40;
const namePattern = /^[A-Za-z]+\/[^/]+(\/[A-Za-z]+(\/[^/]+)?)*$/;

/** The shape of a resource name: `markets/berlin/listings/7f` is `markets/*` + `/listings/*`. Undefined for other texts. */
export function shapeOf(name: string): string | undefined {
  if (name.length > textMax || !namePattern.test(name)) return undefined;
  return name
    .split("/")
    .map((part, at) => (at % 2 === 1 ? "*" : part))
    .join("/");
}

/** The market of a name, or an empty text. */
export function marketIn(name: string): string {
  return /^markets\/([^/]+)/.exec(name)?.[1] ?? "";
}

/** Puts into the pool what an answer tells: names, resources, etags, page tokens, and the request that was right. */
export function harvest(
  pool: Pool,
  rpc: Rpc,
  request: Message,
  answer: Message,
  origin: Origin,
  market: string,
): void {
  pool.put(requestsOf(rpc.name, market), request, origin, "request");
  harvestMessage(pool, rpc.method.output, answer, origin, market);
  const token = (answer as Message & { nextPageToken?: unknown }).nextPageToken;
  if (typeof token === "string" && token !== "")
    pool.put(pagesOf(rpc.name, market), { request, token }, origin, "page");
}

export function harvestMessage(
  pool: Pool,
  desc: DescMessage,
  answer: Message,
  origin: Origin,
  market: string,
): void {
  let messages = 0;
  visitMessages(desc, answer, (type, message, path) => {
    messages += 1;
    if (messages > itemsMax && origin >= 0) return;
    harvestFields(pool, type, message, origin, market, path);
  });
}

function harvestFields(
  pool: Pool,
  type: DescMessage,
  message: Message,
  origin: Origin,
  market: string,
  path: string,
): void {
  const { name, etag } = message as Message & { name?: unknown; etag?: unknown };
  if (typeof name === "string" && name.includes(keepMark)) return;
  const home = typeof name === "string" && name !== "" ? marketIn(name) : market;
  if (path !== "") pool.put(messagesOf(type.typeName, home), message, origin, path);
  if (typeof name === "string" && typeof etag === "string" && etag !== "")
    pool.put(etagsOf(name), etag, origin, `${path}etag`);
  for (const field of type.fields) {
    const value = fieldValue(message, field);
    if (field.fieldKind === "message" && isJsonObject(field.message)) {
      if (value) pool.put(objectsOf(field.name, home), value, origin, path + field.name);
      continue;
    }
    const texts =
      typeof value === "string" ? [value] : field.fieldKind === "list" ? (value as unknown[]) : [];
    for (const [at, text] of texts.slice(0, itemsMax).entries()) {
      if (typeof text !== "string" || text === "" || text.length > 2_000 || text.includes(keepMark)) continue;
      const shape = shapeOf(text);
      const place = `${path}${field.name}[${at}]`;
      if (shape !== undefined) pool.put(namesOf(shape, marketIn(text)), text, origin, place);
      pool.put(fieldTexts(field.name, marketIn(text) || home), text, origin, place);
    }
  }
}
