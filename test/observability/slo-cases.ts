import type { RuleCase } from "./rule-case.ts";

const method = (name: string) => `method="marketmesh.catalog.v1.CatalogService/${name}"`;
const count = (name: string, code = "OK") =>
  `marketmesh_rpc_server_duration_seconds_count{job="catalog",instance="a",${method(name)},code="${code}"}`;
const bucket = (name: string, le: string) =>
  `marketmesh_rpc_server_duration_seconds_bucket{job="catalog",instance="a",${method(name)},code="OK",le="${le}"}`;
const overloaded = (name: string) =>
  `marketmesh_rpc_server_overloaded_total{job="catalog",instance="a",${method(name)}}`;

/** An hour without a failure: what is injected then meets clean windows, which is the hard case. */
const clean = 240;
/** Calls of a method for two hours, so many each second. */
const steady = (perSecond: number) => `0+${perSecond * 15}x${2 * clean}`;
/** None for an hour, then so many each second for an hour. The series begins with the first. */
const injected = (perSecond: number) => `_x${clean} 0+${perSecond * 15}x${clean}`;

// CreateListing promises 99.9 % within 100 ms, GetListing 99.95 % within 50 ms.
const writes = /catalog-availability-99[.]9$/;
const reads = /catalog-availability-99[.]95$/;
const latency = /catalog-latency-99$/;

export const sloCases: readonly RuleCase[] = [
  {
    name: "2 % errors page within five minutes",
    groups: writes,
    series: { [count("CreateListing")]: steady(49), [count("CreateListing", "INTERNAL")]: injected(1) },
    at: {
      "1h": [],
      "1h5m": ["page AvailabilityBudgetBurn"],
      // By then the hour's window sees it too.
      "1h50m": [
        "page AvailabilityBudgetBurn 2",
        "ticket AvailabilityBudgetBurn",
        "ticket MethodAvailabilityBudgetBurn",
      ],
    },
  },
  {
    name: "2 % errors of the stricter class page within five minutes",
    groups: reads,
    series: { [count("GetListing")]: steady(49), [count("GetListing", "UNAVAILABLE")]: injected(1) },
    // With an hour of history the day's window is that hour: a ticket as well.
    at: { "1h": [], "1h5m": ["page AvailabilityBudgetBurn", "ticket AvailabilityBudgetBurn"] },
  },
  {
    name: "0.05 % errors page nobody and are no ticket",
    groups: writes,
    series: {
      [count("CreateListing")]: "0+1499.25x600",
      [count("CreateListing", "INTERNAL")]: "_x240 0+0.75x360",
    },
    at: { "1h5m": [], "1h30m": [], "2h30m": [] },
  },
  {
    name: "0.05 % errors page nobody where 0.05 % is all that is allowed",
    groups: reads,
    series: { [count("GetListing")]: "0+1499.25x600", [count("GetListing", "INTERNAL")]: "_x240 0+0.75x360" },
    at: { "1h5m": [], "1h30m": [], "2h30m": [] },
  },
  {
    name: "a blip of seconds pages nobody",
    groups: writes,
    series: {
      [count("CreateListing")]: steady(50),
      [count("CreateListing", "UNAVAILABLE")]: `0x${clean} 150x${clean}`,
    },
    at: { "1h1m": [], "1h3m": [], "1h6m": [] },
  },
  {
    name: "one failure of three calls is no trend",
    groups: writes,
    series: { [count("CreateListing")]: "0x40 1x40 2x40", [count("CreateListing", "INTERNAL")]: "0x60 1x60" },
    at: { "16m": [], "20m": [], "30m": [] },
  },
  {
    name: "who calls too often burns nothing; a refusal for overload is our failure",
    groups: writes,
    series: {
      [count("CreateListing")]: steady(45),
      [count("CreateListing", "RESOURCE_EXHAUSTED")]: steady(5),
      [overloaded("CreateListing")]: injected(2),
    },
    at: { "1h": [], "1h5m": ["page AvailabilityBudgetBurn", "ticket AvailabilityBudgetBurn"] },
  },
  {
    name: "mistakes of callers burn nothing",
    groups: /catalog-availability/,
    series: {
      [count("CreateListing")]: steady(1),
      [count("CreateListing", "INVALID_ARGUMENT")]: steady(9),
      [count("GetListing", "NOT_FOUND")]: steady(9),
      [count("GetListing", "CANCELED")]: steady(9),
    },
    at: { "1h30m": [] },
  },
  {
    name: "a method of few calls that fails is a ticket of its own, and a page once most of its calls fail",
    groups: /catalog-availability-99[.]95$|marketmesh-calls/,
    series: {
      [count("GetListing")]: steady(2_000),
      [count("ListImportErrors")]: `0+1.5x${clean} 360x${clean}`,
      [count("ListImportErrors", "INTERNAL")]: injected(0.1),
    },
    at: { "1h1m": [], "1h10m": ["page MethodsFailing", "ticket MethodAvailabilityBudgetBurn"] },
  },
  {
    name: "slow calls page; each method is held to its own bound, failed and refused ones to none",
    groups: latency,
    series: {
      [count("CreateListing")]: steady(20),
      [bucket("CreateListing", "0.05")]: "0x480",
      [bucket("CreateListing", "0.1")]: `0+300x${clean} 72300+150x${clean}`,
      [count("GetListing")]: steady(20),
      [count("GetListing", "INTERNAL")]: steady(20),
      [bucket("GetListing", "0.05")]: steady(20),
      [bucket("GetListing", "0.1")]: steady(20),
    },
    at: {
      "1h": [],
      "1h50m": ["page LatencyBudgetBurn", "ticket LatencyBudgetBurn", "ticket MethodLatencyBudgetBurn"],
    },
  },
  {
    name: "a bound of whole seconds is found in both formats of a scrape",
    groups: /identity-latency-99$/,
    series: Object.fromEntries(
      ["1", "1.0"].flatMap((le) => {
        const batch = `job="identity",instance="${le}",method="marketmesh.identity.v1.IdentityService/BatchCreateParties",code="OK"`;
        return [
          [`marketmesh_rpc_server_duration_seconds_bucket{${batch},le="${le}"}`, "0+15x160"],
          [`marketmesh_rpc_server_duration_seconds_count{${batch}}`, "0+15x160"],
        ];
      }),
    ),
    at: { "40m": [] },
  },
];
