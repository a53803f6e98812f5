export * from "../../gen/marketmesh/scoring/v1/error_reason_pb.ts";
export * from "../../gen/marketmesh/scoring/v1/events_pb.ts";
export * from "../../gen/marketmesh/scoring/v1/model_pb.ts";
export * from "../../gen/marketmesh/scoring/v1/score_pb.ts";
export * from "../../gen/marketmesh/scoring/v1/scoring_service_pb.ts";
