import { type DescMethod, getOption, hasOption } from "@bufbuild/protobuf";
import { Access, type MethodPolicy, policy } from "./gen/marketmesh/options/v1/options_pb.ts";

/** What a method's options say about who may call it. */
export interface Policy {
  /** `service.resource.verb`; empty when the access needs none. */
  readonly permission: string;
  readonly access: "PERMISSION" | "AUTHENTICATED" | "PUBLIC";
  /** The request field (its TypeScript name) whose resource name tells the market; undefined for platform methods. */
  readonly marketField: string | undefined;
  /** 99 % are answered within this many milliseconds; 0 promises nothing. */
  readonly latencyP99Ms: number;
}

const permissionPattern = /^[a-z][a-z0-9_-]*(\.[a-z][a-zA-Z0-9_-]*)+$/;

/** The policy of a method; undefined when its options state none. Throws when they contradict themselves. */
export function policyOf(method: DescMethod): Policy | undefined {
  if (!hasOption(method, policy)) return undefined;
  return parsePolicy(method, getOption(method, policy));
}

function parsePolicy(method: DescMethod, option: MethodPolicy): Policy {
  const where = `${method.parent.typeName}/${method.name}`;
  const access = accessOf(option);
  if (access === "PERMISSION" && !permissionPattern.test(option.permission)) {
    throw new Error(`${where}: permission ${JSON.stringify(option.permission)} is not service.resource.verb`);
  }
  return {
    permission: option.permission,
    access,
    marketField: option.marketField === "" ? undefined : marketFieldOf(method, option.marketField, where),
    latencyP99Ms: option.slo?.latencyP99Ms ?? 0,
  };
}

function accessOf(option: MethodPolicy): Policy["access"] {
  if (option.access === Access.PUBLIC) return "PUBLIC";
  if (option.access === Access.AUTHENTICATED) return "AUTHENTICATED";
  return "PERMISSION";
}

// A path may lead through messages: `listing.name`.
function marketFieldOf(method: DescMethod, path: string, where: string): string {
  let message = method.input;
  const names: string[] = [];
  const parts = path.split(".");
  for (const [at, part] of parts.entries()) {
    const field = message.fields.find((candidate) => candidate.name === part);
    if (!field) throw new Error(`${where}: ${message.typeName} has no field ${part}, named by market_field`);
    names.push(field.localName);
    if (at < parts.length - 1) {
      if (field.fieldKind !== "message")
        throw new Error(`${where}: market_field ${path} leads through a scalar`);
      message = field.message;
    }
  }
  return names.join(".");
}
