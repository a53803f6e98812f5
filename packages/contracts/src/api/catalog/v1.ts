export * from "../../gen/marketmesh/catalog/v1/catalog_service_pb.ts";
export * from "../../gen/marketmesh/catalog/v1/error_reason_pb.ts";
export * from "../../gen/marketmesh/catalog/v1/events_pb.ts";
export * from "../../gen/marketmesh/catalog/v1/export_pb.ts";
export * from "../../gen/marketmesh/catalog/v1/import_pb.ts";
export * from "../../gen/marketmesh/catalog/v1/kind_pb.ts";
export * from "../../gen/marketmesh/catalog/v1/listing_pb.ts";
