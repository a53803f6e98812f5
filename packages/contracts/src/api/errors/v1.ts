export * from "../../gen/marketmesh/errors/v1/error_reason_pb.ts";
