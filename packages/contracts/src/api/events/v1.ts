export * from "../../gen/marketmesh/events/v1/envelope_pb.ts";
