import { after } from "../duration.ts";
import type { Template } from "../program.ts";
import type { Reader } from "./reader.ts";
import { readTemplate } from "./template.ts";

/** A duration: a literal is checked at once, an expression when it is evaluated. */
export function readDuration(
  reader: Reader,
  value: unknown,
  pointer: string,
  names: ReadonlySet<string>,
): Template | undefined {
  const template = readTemplate(reader, value ?? null, pointer, names);
  if (template.kind !== "literal") return template;
  try {
    // CEL's own form is for expressions: literally it stands as ISO 8601.
    if (typeof template.value === "string" && !template.value.startsWith("P")) throw new Error();
    after(0, template.value);
    return template;
  } catch {
    return reader.refuse(pointer, "INVALID", "This must be a duration: P7D, { days: 7 } or an expression.");
  }
}
