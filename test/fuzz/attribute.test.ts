import { Code } from "@connectrpc/connect";
import { expect, it } from "vitest";
import { attribute, type Sent } from "./attribute.ts";
import type { Principals } from "./principals.ts";
import type { FuzzRequest, Outcome } from "./request.ts";
import type { Write } from "./writes.ts";

const slots = ["a", "b"].map((id) => ({
  names: new Map([[`serviceAccounts/${id}`, "operator"]]),
})) as unknown as Principals[];
const refused = { kind: "refused", code: Code.InvalidArgument } as const;
const late = { kind: "refused", code: Code.DeadlineExceeded } as const;

function sent(slot: number, number: number, startedMs: number, ended: object): Sent {
  const request = { number, who: "operator", messages: [{}] } as unknown as FuzzRequest;
  return { slot, request, outcome: { ...ended, startedMs, endedMs: startedMs + 5 } as Outcome };
}

function write(principal: string, atMs: number): Write {
  return { service: "catalog", table: "public.listings", operation: "INSERT", rows: 1, principal, atMs };
}

const numbers = (list: readonly Sent[], ...writes: Write[]) =>
  attribute(slots, list, writes).map(({ request }) => request.number);

it("names the refused request under whose principal something was written", () => {
  const list = [sent(0, 1, 100, { kind: "ok" }), sent(0, 2, 200, refused), sent(1, 3, 200, refused)];
  expect(numbers(list, write("serviceAccounts/a", 203))).toEqual([2]);
  expect(numbers(list, write("serviceAccounts/b", 203))).toEqual([3]);
});

it("leaves alone what an answered request or a service itself wrote", () => {
  const list = [sent(0, 1, 100, { kind: "ok" }), sent(0, 2, 200, refused)];
  expect(
    numbers(list, write("serviceAccounts/a", 104), write("", 203), write("serviceAccounts/c", 203)),
  ).toEqual([]);
});

it("blames nobody for what a client that ran out of time may have set going", () => {
  const list = [sent(0, 1, 100, late), sent(0, 2, 110, refused), sent(0, 3, 120, refused)];
  expect(
    numbers(
      list,
      write("serviceAccounts/a", 105),
      write("serviceAccounts/a", 112),
      write("serviceAccounts/a", 122),
    ),
  ).toEqual([]);
});
