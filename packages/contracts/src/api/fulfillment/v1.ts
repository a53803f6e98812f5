export * from "../../gen/marketmesh/fulfillment/v1/error_reason_pb.ts";
export * from "../../gen/marketmesh/fulfillment/v1/events_pb.ts";
export * from "../../gen/marketmesh/fulfillment/v1/fulfillment_service_pb.ts";
export * from "../../gen/marketmesh/fulfillment/v1/run_pb.ts";
export * from "../../gen/marketmesh/fulfillment/v1/task_pb.ts";
export * from "../../gen/marketmesh/fulfillment/v1/workflow_pb.ts";
