import * as loaded from "@serverlessworkflow/sdk";
import { isObject } from "../json.ts";
import type { Reader } from "./reader.ts";

interface Sdk {
  validate(type: "Workflow", data: unknown): void;
}

// The package is a UMD bundle; what it exports and what its types say differ.
const sdk = ("default" in loaded ? loaded.default : loaded) as unknown as Sdk;

/** Checks a document against the JSON Schema of Serverless Workflow 1.0, by its own SDK. */
export function checkSchema(reader: Reader): void {
  try {
    sdk.validate("Workflow", withoutExtras(reader.value));
  } catch (error) {
    const lines = (error instanceof Error ? error.message : String(error)).split("\n\ndata:")[0]!.split("\n");
    const found = lines.flatMap((line) => {
      const match = /^- (\S*) \| \S+ \| (.*) \| (.*)$/.exec(line);
      return match === null ? [] : [{ pointer: match[1]!, message: match[2]!, params: match[3]! }];
    });
    const deepest = Math.max(0, ...found.map(({ pointer }) => pointer.split("/").length));
    const told = found.filter(({ pointer }) => pointer.split("/").length === deepest).slice(0, 5);
    for (const { pointer, message, params } of told) {
      const more = message.includes("pattern") || params === "{}" ? "" : ` ${params}`;
      reader.refuse(pointer, "SCHEMA", `${message}${more}.`);
    }
    if (told.length === 0) reader.refuse("", "SCHEMA", lines[0]!.slice(0, 300).toWellFormed());
  }
}

const durationKeys = ["after", "wait", "delay", "duration", "from", "to"];

/** The schema has no expressions for durations; where one stands, it sees an empty wait. */
function withoutExtras(value: unknown, key = ""): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutExtras(item));
  if (typeof value === "string") return durationKeys.includes(key) && isExpression(value) ? "PT0S" : value;
  if (!isObject(value)) return value;
  if (["set", "with", "as", "metadata"].includes(key)) return value;
  return Object.fromEntries(Object.keys(value).map((name) => [name, withoutExtras(value[name], name)]));
}

function isExpression(value: string): boolean {
  return value.includes("$" + "{");
}
