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
import { problem } from "../problem.ts";

/** Undefined when the message keeps all its rules. */
export type Validate = (message: Message) => ConnectError | undefined;

const violationsMax = 100;
let validator: Validator | undefined;

/** The check of a message type; undefined when neither it nor anything in it states a rule, so that it costs nothing. */
export function validationOf(schema: DescMessage, domain: string): Validate | undefined {
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
    const first = violations[0] ?? { field: "", description: "invalid" };
    const where = first.field === "" ? "" : `${first.field}: `;
    return problem(Code.InvalidArgument, "VALIDATION_FAILED", `${where}${first.description}`, {
      domain,
      violations,
      metadata: { field: first.field },
    });
  };
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
