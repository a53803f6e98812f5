import { clone, type DescField, type DescMessage, type Message } from "@bufbuild/protobuf";
import { fieldValue, isRequired, setValue, visitMessages } from "./fields.ts";
import type { FuzzRequest } from "./request.ts";

const attemptsMax = 40;

/** A smaller request with the same fault: fields are cleared one after the other, as long as it stays. Best effort. */
export async function shrink(
  request: FuzzRequest,
  isSame: (smaller: FuzzRequest) => Promise<boolean>,
): Promise<FuzzRequest> {
  if (request.damage || request.leaveAfterMs !== undefined || request.messages.length !== 1) return request;
  let attempts = 0;
  let best = request;
  for (let at = 0; attempts < attemptsMax; at += 1) {
    const smaller = without(best, at);
    if (!smaller) return best;
    attempts += 1;
    if (!(await isSame(smaller))) continue;
    best = smaller;
    at -= 1;
  }
  return best;
}

/** The request without its n-th field that is set; undefined when it has no more. */
function without(request: FuzzRequest, at: number): FuzzRequest | undefined {
  const { input } = request.rpc.method;
  const message = clone(input, request.messages[0] as Message);
  const set: { message: Message; field: DescField }[] = [];
  visitMessages(input, message, (desc: DescMessage, each) => {
    for (const field of desc.fields) {
      if (!isRequired(field) && isSet(fieldValue(each, field))) set.push({ message: each, field });
    }
  });
  const chosen = set[at];
  if (!chosen) return undefined;
  setValue(chosen.message, chosen.field, undefined);
  return { ...request, messages: [message] };
}

function isSet(value: unknown): boolean {
  if (value === undefined || value === "" || value === 0 || value === 0n || value === false) return false;
  return !Array.isArray(value) || value.length > 0;
}
