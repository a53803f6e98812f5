import { attributeTypes, compileExpression } from "@marketmesh/rules";
import { expect, test } from "vitest";
import { reveals } from "./reveals.ts";

const secret = { "x-personal": true };
const declared = attributeTypes({
  type: "object",
  properties: {
    phone: { type: "string", ...secret },
    birth_year: { type: "number", ...secret },
    disabled: { type: "boolean", ...secret },
    aliases: { type: "array", items: { type: "string" }, ...secret },
    born: { type: "string", format: "date", ...secret },
    city: { type: "string" },
    skills: { type: "array", items: { type: "string" } },
  },
});
const personal = new Set(["phone", "birth_year", "disabled", "aliases", "born"]);

function revealsIn(source: string): boolean {
  if (!declared.ok) throw new Error("the schema is wrong");
  const variables = { listing: { attributes: declared.types, personal: "allowed" } } as const;
  const result = compileExpression({ source, variables });
  if (!result.ok) throw new Error(`${source}: ${result.mistakes[0]?.message}`);
  return reveals(result.compiled.expression, personal);
}

test.each([
  "listing.phone",
  "listing.birth_year",
  "listing.disabled",
  "!listing.disabled",
  "listing.disabled && has(listing.city)",
  "listing.aliases",
  "listing.phone + ''",
  "'tel:' + listing.phone",
  "listing.phone.lowerAscii()",
  "listing.phone.startsWith('+49')",
  "listing.birth_year + 0.0",
  "string(listing.birth_year)",
  "string(listing.born)",
  "[listing.phone]",
  "[listing.city, listing.phone]",
  "has(listing.city) ? listing.city : listing.phone",
  "true ? listing.phone : ''",
  "listing.aliases.filter(x, x != '')",
  "listing.aliases.map(x, x + '!')",
  "listing.skills.map(x, listing.phone)",
  "['a'].map(x, listing.aliases.exists(y, y == x), listing.phone)",
  "listing.aliases[0]",
])("%s gives a personal value away", (source) => {
  expect(revealsIn(source)).toBe(true);
});

test.each([
  "has(listing.phone)",
  "size(listing.phone)",
  "size(listing.aliases) > 1.0",
  "listing.birth_year < 1990.0",
  "listing.born < timestamp('2008-01-01T00:00:00Z')",
  "listing.phone == listing.city",
  "listing.phone.startsWith('+49') == true",
  "'Bo' in listing.aliases",
  "listing.aliases.exists(x, x == 'Bo')",
  "listing.birth_year < 1990.0 && !(listing.phone == '')",
  "listing.birth_year < 1990.0 ? 'OLDER' : 'YOUNGER'",
  "listing.disabled ? 'YES' : 'NO'",
  "listing.city + '!'",
  "listing.skills.map(x, x + listing.city)",
])("%s tells a coarse fact", (source) => {
  expect(revealsIn(source)).toBe(false);
});
