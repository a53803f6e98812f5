export * from "../../gen/google/api/field_behavior_pb.ts";
