export type { MarketReport, RaceReport, Report } from "./job/report.ts";
export { type MainJobOptions, runMainJob } from "./main-job.ts";
