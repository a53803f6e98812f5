import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { DescMethod, Registry } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { type Policy, policyOf } from "@marketmesh/contracts";
import { registry } from "@marketmesh/contracts/registry";

/** What `proto/` says, as the fuzzer reads it: nothing of it is written down twice. */
export interface Contracts {
  readonly registry: Registry;
  /** Every reason of every ErrorReason enum, without its prefix. */
  readonly reasons: ReadonlySet<string>;
  /** The codes that the comment of a reason states, by `package REASON`; absent when it states none. */
  readonly codes: ReadonlyMap<string, ReadonlySet<string>>;
  /** The shapes of resource names that a field may hold, by `Message.field`: `markets/*` + `/listings/*`. */
  readonly shapes: ReadonlyMap<string, readonly string[]>;
}

/** A method of a service as one running service serves it. */
export interface Rpc {
  /** The running service: `catalog`. */
  readonly target: string;
  readonly method: DescMethod;
  /** Undefined for health and reflection, which state none. */
  readonly policy: Policy | undefined;
  /** `catalog marketmesh.catalog.v1.CatalogService/GetListing` */
  readonly name: string;
}

/** Reads the generated registry and, for the formats of names, the comments of `proto/` in the checkout. */
export function loadContracts(checkout: string): Contracts {
  return {
    registry,
    reasons: reasonsOf(registry),
    codes: codesIn(join(checkout, "proto", "marketmesh")),
    shapes: shapesIn(join(checkout, "proto", "marketmesh")),
  };
}

/** The methods of a served service, by its full name. */
export function rpcsOf(contracts: Contracts, target: string, service: string): Rpc[] {
  const found = contracts.registry.getService(service);
  if (!found) throw new Error(`${target} serves ${service}, of which the contracts know nothing`);
  return found.methods.map((method) => ({
    target,
    method,
    policy: policyOf(method),
    name: `${target} ${found.typeName}/${method.name}`,
  }));
}

function reasonsOf(registry: Registry): ReadonlySet<string> {
  const reasons = new Set<string>();
  for (const type of registry) {
    if (type.kind !== "enum" || type.name !== "ErrorReason") continue;
    for (const { name } of type.values) reasons.add(name.replace(/^ERROR_REASON_/, ""));
  }
  reasons.delete("UNSPECIFIED");
  return reasons;
}

function* filesBelow(folder: string, ending: string): Iterable<string> {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile() && entry.name.endsWith(ending)) yield join(entry.parentPath, entry.name);
  }
}

const codeNames = new Set(
  Object.keys(Code)
    .filter((name) => Number.isNaN(Number(name)))
    .map(upperSnake),
);

function upperSnake(name: string): string {
  if (name === "Canceled") return "CANCELLED";
  return name.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

/** The name of a code as the contracts write it: `INVALID_ARGUMENT`. */
export function codeName(code: Code): string {
  return upperSnake(Code[code] ?? String(code));
}

// The first sentence under a reason begins with its code: `// NOT_FOUND. There is no such listing.`
function codesIn(folder: string): ReadonlyMap<string, ReadonlySet<string>> {
  const codes = new Map<string, ReadonlySet<string>>();
  for (const path of filesBelow(folder, "error_reason.proto")) {
    const service = path.split("/").at(-3) as string;
    let first: string | undefined;
    for (const line of readFileSync(path, "utf8")
      .split("\n")
      .map((text) => text.trim())) {
      if (line.startsWith("//")) first ??= line;
      else {
        const reason = /^ERROR_REASON_(\w+) = /.exec(line)?.[1];
        const named = (first?.split(".")[0]?.match(/[A-Z_]{5,}/g) ?? []).filter((word) =>
          codeNames.has(word),
        );
        if (reason !== undefined && named.length > 0) codes.set(`${service} ${reason}`, new Set(named));
        first = undefined;
      }
    }
  }
  return codes;
}

/** The formats that the comments of fields state, from the sources: descriptors carry no comments. */
function shapesIn(folder: string): ReadonlyMap<string, readonly string[]> {
  const shapes = new Map<string, readonly string[]>();
  for (const path of filesBelow(folder, ".proto")) {
    const messages: string[] = [];
    let comment = "";
    for (const line of readFileSync(path, "utf8").split("\n")) {
      const text = line.trim();
      if (text.startsWith("//")) {
        comment += `${text.slice(2)}\n`;
        continue;
      }
      const message = /^message (\w+) \{(\})?/.exec(text);
      if (message && message[2] === undefined) messages.push(message[1] as string);
      const field = /^(?:repeated |optional )?[\w.]+ (\w+) = \d+/.exec(text)?.[1];
      if (field !== undefined && comment.includes("Format"))
        shapes.set(`${messages.at(-1)}.${field}`, shapesOf(comment));
      if (text !== "") comment = "";
      if (line === "}") messages.length = 0;
    }
  }
  return shapes;
}

function shapesOf(comment: string): string[] {
  const formats = comment.slice(comment.indexOf("Format")).matchAll(/`([A-Za-z]+\/[^`]*)`/g);
  // "either below `markets/{market}/`" is no name by itself.
  return [...formats]
    .map(([, format]) => (format as string).replaceAll(/\{\w+\}/g, "*"))
    .filter((shape) => !shape.endsWith("/"));
}
