export * from "../../gen/marketmesh/eligibility/v1/eligibility_pb.ts";
export * from "../../gen/marketmesh/eligibility/v1/eligibility_service_pb.ts";
export * from "../../gen/marketmesh/eligibility/v1/error_reason_pb.ts";
export * from "../../gen/marketmesh/eligibility/v1/events_pb.ts";
export * from "../../gen/marketmesh/eligibility/v1/policy_pb.ts";
