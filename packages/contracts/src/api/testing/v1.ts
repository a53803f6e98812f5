export * from "../../gen/marketmesh/testing/v1/echo_service_pb.ts";
