import { createRegistry, type Registry } from "@bufbuild/protobuf";
import { file_google_api_field_behavior } from "../gen/google/api/field_behavior_pb.ts";
import { file_google_rpc_code } from "../gen/google/rpc/code_pb.ts";
import { file_google_rpc_error_details } from "../gen/google/rpc/error_details_pb.ts";
import { file_google_rpc_status } from "../gen/google/rpc/status_pb.ts";
import { file_grpc_health_v1_health } from "../gen/grpc/health/v1/health_pb.ts";
import { file_grpc_reflection_v1_reflection } from "../gen/grpc/reflection/v1/reflection_pb.ts";
import { file_grpc_reflection_v1alpha_reflection } from "../gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { file_marketmesh_allocation_v1_allocation_service } from "../gen/marketmesh/allocation/v1/allocation_service_pb.ts";
import { file_marketmesh_allocation_v1_capacity } from "../gen/marketmesh/allocation/v1/capacity_pb.ts";
import { file_marketmesh_allocation_v1_clock } from "../gen/marketmesh/allocation/v1/clock_pb.ts";
import { file_marketmesh_allocation_v1_decision } from "../gen/marketmesh/allocation/v1/decision_pb.ts";
import { file_marketmesh_allocation_v1_decision_service } from "../gen/marketmesh/allocation/v1/decision_service_pb.ts";
import { file_marketmesh_allocation_v1_error_reason } from "../gen/marketmesh/allocation/v1/error_reason_pb.ts";
import { file_marketmesh_allocation_v1_events } from "../gen/marketmesh/allocation/v1/events_pb.ts";
import { file_marketmesh_allocation_v1_hold } from "../gen/marketmesh/allocation/v1/hold_pb.ts";
import { file_marketmesh_allocation_v1_inventory } from "../gen/marketmesh/allocation/v1/inventory_pb.ts";
import { file_marketmesh_allocation_v1_inventory_service } from "../gen/marketmesh/allocation/v1/inventory_service_pb.ts";
import { file_marketmesh_allocation_v1_negotiation } from "../gen/marketmesh/allocation/v1/negotiation_pb.ts";
import { file_marketmesh_allocation_v1_offer_service } from "../gen/marketmesh/allocation/v1/offer_service_pb.ts";
import { file_marketmesh_allocation_v1_plan } from "../gen/marketmesh/allocation/v1/plan_pb.ts";
import { file_marketmesh_allocation_v1_round } from "../gen/marketmesh/allocation/v1/round_pb.ts";
import { file_marketmesh_allocation_v1_solver_service } from "../gen/marketmesh/allocation/v1/solver_service_pb.ts";
import { file_marketmesh_catalog_v1_catalog_service } from "../gen/marketmesh/catalog/v1/catalog_service_pb.ts";
import { file_marketmesh_catalog_v1_error_reason } from "../gen/marketmesh/catalog/v1/error_reason_pb.ts";
import { file_marketmesh_catalog_v1_events } from "../gen/marketmesh/catalog/v1/events_pb.ts";
import { file_marketmesh_catalog_v1_export } from "../gen/marketmesh/catalog/v1/export_pb.ts";
import { file_marketmesh_catalog_v1_import } from "../gen/marketmesh/catalog/v1/import_pb.ts";
import { file_marketmesh_catalog_v1_kind } from "../gen/marketmesh/catalog/v1/kind_pb.ts";
import { file_marketmesh_catalog_v1_listing } from "../gen/marketmesh/catalog/v1/listing_pb.ts";
import { file_marketmesh_eligibility_v1_eligibility } from "../gen/marketmesh/eligibility/v1/eligibility_pb.ts";
import { file_marketmesh_eligibility_v1_eligibility_service } from "../gen/marketmesh/eligibility/v1/eligibility_service_pb.ts";
import { file_marketmesh_eligibility_v1_error_reason } from "../gen/marketmesh/eligibility/v1/error_reason_pb.ts";
import { file_marketmesh_eligibility_v1_events } from "../gen/marketmesh/eligibility/v1/events_pb.ts";
import { file_marketmesh_eligibility_v1_policy } from "../gen/marketmesh/eligibility/v1/policy_pb.ts";
import { file_marketmesh_errors_v1_error_reason } from "../gen/marketmesh/errors/v1/error_reason_pb.ts";
import { file_marketmesh_events_v1_envelope } from "../gen/marketmesh/events/v1/envelope_pb.ts";
import { file_marketmesh_events_v1_error_reason } from "../gen/marketmesh/events/v1/error_reason_pb.ts";
import { file_marketmesh_events_v1_feed_service } from "../gen/marketmesh/events/v1/feed_service_pb.ts";
import { file_marketmesh_fulfillment_v1_error_reason } from "../gen/marketmesh/fulfillment/v1/error_reason_pb.ts";
import { file_marketmesh_fulfillment_v1_events } from "../gen/marketmesh/fulfillment/v1/events_pb.ts";
import { file_marketmesh_fulfillment_v1_fulfillment_service } from "../gen/marketmesh/fulfillment/v1/fulfillment_service_pb.ts";
import { file_marketmesh_fulfillment_v1_run } from "../gen/marketmesh/fulfillment/v1/run_pb.ts";
import { file_marketmesh_fulfillment_v1_task } from "../gen/marketmesh/fulfillment/v1/task_pb.ts";
import { file_marketmesh_fulfillment_v1_workflow } from "../gen/marketmesh/fulfillment/v1/workflow_pb.ts";
import { file_marketmesh_identity_v1_api_key } from "../gen/marketmesh/identity/v1/api_key_pb.ts";
import { file_marketmesh_identity_v1_audit } from "../gen/marketmesh/identity/v1/audit_pb.ts";
import { file_marketmesh_identity_v1_error_reason } from "../gen/marketmesh/identity/v1/error_reason_pb.ts";
import { file_marketmesh_identity_v1_events } from "../gen/marketmesh/identity/v1/events_pb.ts";
import { file_marketmesh_identity_v1_grant } from "../gen/marketmesh/identity/v1/grant_pb.ts";
import { file_marketmesh_identity_v1_identity_service } from "../gen/marketmesh/identity/v1/identity_service_pb.ts";
import { file_marketmesh_identity_v1_issuer } from "../gen/marketmesh/identity/v1/issuer_pb.ts";
import { file_marketmesh_identity_v1_market } from "../gen/marketmesh/identity/v1/market_pb.ts";
import { file_marketmesh_identity_v1_party } from "../gen/marketmesh/identity/v1/party_pb.ts";
import { file_marketmesh_identity_v1_service_account } from "../gen/marketmesh/identity/v1/service_account_pb.ts";
import { file_marketmesh_identity_v1_signing_key } from "../gen/marketmesh/identity/v1/signing_key_pb.ts";
import { file_marketmesh_identity_v1_token_service } from "../gen/marketmesh/identity/v1/token_service_pb.ts";
import { file_marketmesh_options_v1_options } from "../gen/marketmesh/options/v1/options_pb.ts";
import { file_marketmesh_scoring_v1_error_reason } from "../gen/marketmesh/scoring/v1/error_reason_pb.ts";
import { file_marketmesh_scoring_v1_events } from "../gen/marketmesh/scoring/v1/events_pb.ts";
import { file_marketmesh_scoring_v1_model } from "../gen/marketmesh/scoring/v1/model_pb.ts";
import { file_marketmesh_scoring_v1_score } from "../gen/marketmesh/scoring/v1/score_pb.ts";
import { file_marketmesh_scoring_v1_scoring_service } from "../gen/marketmesh/scoring/v1/scoring_service_pb.ts";
import { file_marketmesh_sets_v1_packed_set } from "../gen/marketmesh/sets/v1/packed_set_pb.ts";
import { file_marketmesh_testing_v1_echo_service } from "../gen/marketmesh/testing/v1/echo_service_pb.ts";

/** Every message, enum and service of the contracts by name. */
export const registry: Registry = createRegistry(
  file_google_api_field_behavior,
  file_google_rpc_code,
  file_google_rpc_error_details,
  file_google_rpc_status,
  file_grpc_health_v1_health,
  file_grpc_reflection_v1_reflection,
  file_grpc_reflection_v1alpha_reflection,
  file_marketmesh_allocation_v1_allocation_service,
  file_marketmesh_allocation_v1_capacity,
  file_marketmesh_allocation_v1_clock,
  file_marketmesh_allocation_v1_decision,
  file_marketmesh_allocation_v1_decision_service,
  file_marketmesh_allocation_v1_error_reason,
  file_marketmesh_allocation_v1_events,
  file_marketmesh_allocation_v1_hold,
  file_marketmesh_allocation_v1_inventory,
  file_marketmesh_allocation_v1_inventory_service,
  file_marketmesh_allocation_v1_negotiation,
  file_marketmesh_allocation_v1_offer_service,
  file_marketmesh_allocation_v1_plan,
  file_marketmesh_allocation_v1_round,
  file_marketmesh_allocation_v1_solver_service,
  file_marketmesh_catalog_v1_catalog_service,
  file_marketmesh_catalog_v1_error_reason,
  file_marketmesh_catalog_v1_events,
  file_marketmesh_catalog_v1_export,
  file_marketmesh_catalog_v1_import,
  file_marketmesh_catalog_v1_kind,
  file_marketmesh_catalog_v1_listing,
  file_marketmesh_eligibility_v1_eligibility,
  file_marketmesh_eligibility_v1_eligibility_service,
  file_marketmesh_eligibility_v1_error_reason,
  file_marketmesh_eligibility_v1_events,
  file_marketmesh_eligibility_v1_policy,
  file_marketmesh_errors_v1_error_reason,
  file_marketmesh_events_v1_envelope,
  file_marketmesh_events_v1_error_reason,
  file_marketmesh_events_v1_feed_service,
  file_marketmesh_fulfillment_v1_error_reason,
  file_marketmesh_fulfillment_v1_events,
  file_marketmesh_fulfillment_v1_fulfillment_service,
  file_marketmesh_fulfillment_v1_run,
  file_marketmesh_fulfillment_v1_task,
  file_marketmesh_fulfillment_v1_workflow,
  file_marketmesh_identity_v1_api_key,
  file_marketmesh_identity_v1_audit,
  file_marketmesh_identity_v1_error_reason,
  file_marketmesh_identity_v1_events,
  file_marketmesh_identity_v1_grant,
  file_marketmesh_identity_v1_identity_service,
  file_marketmesh_identity_v1_issuer,
  file_marketmesh_identity_v1_market,
  file_marketmesh_identity_v1_party,
  file_marketmesh_identity_v1_service_account,
  file_marketmesh_identity_v1_signing_key,
  file_marketmesh_identity_v1_token_service,
  file_marketmesh_options_v1_options,
  file_marketmesh_scoring_v1_error_reason,
  file_marketmesh_scoring_v1_events,
  file_marketmesh_scoring_v1_model,
  file_marketmesh_scoring_v1_score,
  file_marketmesh_scoring_v1_scoring_service,
  file_marketmesh_sets_v1_packed_set,
  file_marketmesh_testing_v1_echo_service,
);
