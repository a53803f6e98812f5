import { describe, expect, it } from "vitest";
import { AnswerLines, type OfferedPair } from "./read-answers.ts";

const offers: OfferedPair[] = [
  ["a", "x"],
  ["b", "z"],
];

async function* from(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}

const answersTo = (...lines: string[]) => new AnswerLines(from(lines)).answersTo(0, offers);

describe("answers", () => {
  it.each([
    ["in the order of the offers", ["[true,false]"]],
    ["as an object of the wave", ['{"wave":0,"answers":[1,0]}']],
    ["by pair, in any order", ['[["b","z",false],["a","x",true]]']],
    ["one by one", ['{"demand":"b","supply":"z","accepted":false}', "", '{"answers":[["a","x",1]]}']],
  ])("are read %s", async (_, lines) => {
    expect(Array.from(await answersTo(...lines))).toEqual([1, 0]);
  });

  it.each([
    [
      "that end too soon",
      '[["a","x",true]]',
      "answers:2: the answers end; 1 offers of wave 0 are not answered",
    ],
    [
      "that are too few",
      "[true]",
      "answers:1: answers: 1 answers in order; allowed: 2, one per offer of wave 0",
    ],
    ["to what was not offered", '[["a","nobody",true]]', 'answers:1: pair ["a","nobody"]: not an unanswered'],
    ["given twice", '[["a","x",true],["a","x",true]]', 'answers:1: pair ["a","x"]: not an unanswered'],
    ["that are none", '{"demand":"a","supply":"x","accepted":"maybe"}', 'accepted is "maybe"; allowed: true'],
    ["without an id", '{"demand":"a","accepted":true}', "demand or supply is missing or no text; allowed"],
    ["by pair with an id that is none", '[[["a"],"x",true]]', "demand or supply is missing or no text"],
    ["written as text", '["true","false"]', 'answers:1: "true" is no answer; allowed: true, false, 1, 0'],
    ["to another wave", '{"wave":7,"answers":[true,true]}', "answers:1: wave is 7; allowed: 0"],
    ["that are not a list", '{"answers":true}', "answers:1: answers is not a list"],
    ["that are no object", "7", "answers:1: allowed: a list of answers"],
    ["that are not JSON", "yes", "answers:1: not JSON; allowed"],
  ])("%s are refused", async (_, line, message) => {
    await expect(answersTo(line)).rejects.toThrow(message);
  });
});
