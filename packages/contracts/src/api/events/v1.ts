export * from "../../gen/marketmesh/events/v1/envelope_pb.ts";
export * from "../../gen/marketmesh/events/v1/error_reason_pb.ts";
export * from "../../gen/marketmesh/events/v1/feed_service_pb.ts";
