import { expect, test } from "vitest";
import { buildGraph } from "./graph.ts";
import { objectiveWeights } from "./objective.ts";
import type { Grouping, Objective, ObjectiveData } from "./plan.ts";

const graph = buildGraph({
  demandIds: ["bakery", "cafe"],
  demandCapacity: [1, 1],
  supplyIds: ["ada", "bo"],
  supplyCapacity: [1, 1],
  edgeDemands: [0, 0, 1],
  edgeSupplies: [0, 1, 0],
  demandScores: [900_000, 500_001, -200_000],
  supplyScores: [100_000, 300_000, 400_000],
});

const towns: Grouping = { name: "town", side: "SUPPLY", values: ["north", "south"], of: [0, 1] };
const sizes: Grouping = { name: "size", side: "DEMAND", values: ["small"], of: [-1, 0] };

test.each<[string, Objective, ObjectiveData, number[]]>([
  ["the demand's scores by default", {}, {}, [900_000, 500_001, -200_000]],
  [
    "both sides' scores as they count",
    { demandQuality: 500_000, supplyQuality: 2_000_000 },
    {},
    [650_000, 850_001, 700_000],
  ],
  ["a bonus for every pair", { fillBonus: 1_000_000 }, {}, [1_900_000, 1_500_001, 800_000]],
  [
    "a bonus per full hour of waiting, up to its maximum",
    { waitingBonusPerHour: 100, waitingBonusMax: 150 },
    { waiting: [3_599, 7_200] },
    [900_000, 500_001, -199_850],
  ],
  [
    "bonuses and penalties by group, on both sides",
    {
      groupBonuses: [
        { grouping: "town", value: "south", bonus: 7 },
        { grouping: "size", value: "small", bonus: -9 },
      ],
    },
    { groups: [towns, sizes] },
    [900_000, 500_008, -200_009],
  ],
  [
    "less what both sides have outside",
    {},
    { outside: { demand: [100_000, 0], supply: [0, 400_001] } },
    [800_000, 0, -200_000],
  ],
])("counts %s", (_, objective, data, expected) => {
  expect([...objectiveWeights(graph, objective, data)]).toEqual(expected);
});

test.each<[string, Objective, ObjectiveData, string]>([
  ["a quality of NaN", { demandQuality: Number.NaN }, {}, "OBJECTIVE_INVALID"],
  ["a quality beyond 4", { supplyQuality: 4_000_001 }, {}, "OBJECTIVE_INVALID"],
  ["a bonus below 0", { fillBonus: -1 }, {}, "OBJECTIVE_INVALID"],
  ["half a millionth", { waitingBonusPerHour: 0.5 }, { waiting: [0, 0] }, "OBJECTIVE_INVALID"],
  ["an endless bonus", { waitingBonusPerHour: Number.POSITIVE_INFINITY }, {}, "OBJECTIVE_INVALID"],
  ["a wait below 0", { waitingBonusPerHour: 1 }, { waiting: [0, -1] }, "OBJECTIVE_INVALID"],
  ["a wait of NaN", { waitingBonusPerHour: 1 }, { waiting: [0, Number.NaN] }, "OBJECTIVE_INVALID"],
  ["waits of somebody else", { waitingBonusPerHour: 1 }, { waiting: [0] }, "COLUMN_LENGTHS_DIFFER"],
  ["an outside option of NaN", {}, { outside: { demand: [0, Number.NaN] } }, "OBJECTIVE_INVALID"],
  ["a weight beyond 32 bits", { fillBonus: 2 ** 31 - 1 }, {}, "WEIGHT_OVERFLOW"],
  [
    "a group that is not there",
    { groupBonuses: [{ grouping: "town", value: "east", bonus: 1 }] },
    { groups: [towns] },
    "GROUPING_INVALID",
  ],
  [
    "a grouping that is not there",
    { groupBonuses: [{ grouping: "x", value: "y", bonus: 1 }] },
    {},
    "GROUPING_INVALID",
  ],
])("refuses %s", (_, objective, data, reason) => {
  expect(() => objectiveWeights(graph, objective, data)).toThrow(expect.objectContaining({ reason }));
});
