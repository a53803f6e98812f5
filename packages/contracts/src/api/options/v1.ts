export * from "../../gen/marketmesh/options/v1/options_pb.ts";
