export * from "../../gen/marketmesh/allocation/v1/allocation_service_pb.ts";
export * from "../../gen/marketmesh/allocation/v1/capacity_pb.ts";
export * from "../../gen/marketmesh/allocation/v1/clock_pb.ts";
export * from "../../gen/marketmesh/allocation/v1/error_reason_pb.ts";
export * from "../../gen/marketmesh/allocation/v1/events_pb.ts";
export * from "../../gen/marketmesh/allocation/v1/hold_pb.ts";
export * from "../../gen/marketmesh/allocation/v1/plan_pb.ts";
export * from "../../gen/marketmesh/allocation/v1/round_pb.ts";
