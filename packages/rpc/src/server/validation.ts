import type { DescField, DescMessage, Message, MessageShape } from "@bufbuild/protobuf";
import { hasOption } from "@bufbuild/protobuf";
import { pathToString } from "@bufbuild/protobuf/reflect";
import { createValidator, type Validator } from "@bufbuild/protovalidate";
import {
  field as fieldRules,
  message as messageRules,
  oneof as oneofRules,
} from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { Code, type ConnectError } from "@connectrpc/connect";
import { type FieldViolation, problem } from "../problem.ts";
import { illFormedIn } from "./well-formed.ts";

/** Undefined when the message keeps all its rules. */
export type Validate = (message: Message) => ConnectError | undefined;

const violationsMax = 100;
let validator: Validator | undefined;

/** The check of a message type: well formed, then by its rules; undefined when there is nothing to check. */
export function validationOf(schema: DescMessage, domain: string): Validate | undefined {
  const illFormed = illFormedIn(schema);
  const broken = rulesOf(schema, domain);
  if (!illFormed) return broken;
  return (message) => {
    const violation = illFormed(message);
    return violation ? refusalOf([violation], domain) : broken?.(message);
  };
}

/** The check by rules; undefined when neither the type nor anything in it states one, so that it costs nothing. */
function rulesOf(schema: DescMessage, domain: string): Validate | undefined {
  if (!statesRules(schema, new Set())) return undefined;
  validator ??= createValidator();
  const { validate } = validator;
  return (message) => {
    const result = validate(schema, message as MessageShape<DescMessage>);
    if (result.kind === "valid") return undefined;
    if (result.kind === "error") throw result.error;
    const violations = result.violations.slice(0, violationsMax).map((violation) => ({
      field: pathToString(violation.field),
      description: violation.message,
    }));
    return refusalOf(violations, domain);
  };
}

function refusalOf(violations: readonly FieldViolation[], domain: string): ConnectError {
  const first = violations[0] ?? { field: "", description: "invalid" };
  const where = first.field === "" ? "" : `${first.field}: `;
  return problem(Code.InvalidArgument, "VALIDATION_FAILED", `${where}${first.description}`, {
    domain,
    violations,
    metadata: { field: first.field },
  });
}

function statesRules(schema: DescMessage, seen: Set<DescMessage>): boolean {
  if (seen.has(schema)) return false;
  seen.add(schema);
  if (hasOption(schema, messageRules)) return true;
  if (schema.oneofs.some((oneof) => hasOption(oneof, oneofRules))) return true;
  return schema.fields.some(
    (field) => hasOption(field, fieldRules) || nestedOf(field).some((it) => statesRules(it, seen)),
  );
}

function nestedOf(field: DescField): DescMessage[] {
  return field.message ? [field.message] : [];
}
