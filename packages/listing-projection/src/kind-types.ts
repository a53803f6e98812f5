import type { JsonObject } from "@bufbuild/protobuf";
import type { Kind } from "@marketmesh/contracts/catalog/v1";
import { type AttributeType, attributeTypes, compileExpression, type SideTypes } from "@marketmesh/rules";

const derivedResults = ["string", "number", "boolean", "list<string>"] as const;

/**
 * The attributes of a kind's listings by name: those of its schema, then the derived ones, which are never personal.
 *
 * Throws where the catalog could not have accepted the kind.
 */
export function typesOfKind(kind: Pick<Kind, "name" | "schema" | "derivedAttributes">): SideTypes {
  const declared = attributeTypes(kind.schema as JsonObject | undefined);
  if (!declared.ok) throw new Error(`${kind.name}: ${declared.problems[0]?.path} has no type that we know`);
  const types = new Map(declared.types);
  for (const { attribute, expression } of kind.derivedAttributes) {
    const result = compileExpression({
      source: expression,
      variables: { listing: { attributes: declared.types, personal: "allowed" } },
      result: derivedResults,
    });
    if (!result.ok) throw new Error(`${kind.name}: the expression of ${attribute} does not compile`);
    types.set(attribute, {
      type: result.compiled.type as AttributeType,
      required: false,
      personal: false,
    });
  }
  return types;
}
