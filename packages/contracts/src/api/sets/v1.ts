export * from "../../gen/marketmesh/sets/v1/packed_set_pb.ts";
