mock_provider "helm" {}

run "keeps_a_quorum" {
  command = plan

  variables {
    accounts_secret = "nats-accounts"
  }

  assert {
    condition     = yamldecode(helm_release.nats.values[0]).config.cluster.replicas == 3 && yamldecode(helm_release.nats.values[0]).podTemplate.topologySpreadConstraints["topology.kubernetes.io/zone"].whenUnsatisfiable == "DoNotSchedule"
    error_message = "Three servers, a zone each."
  }

  assert {
    condition     = yamldecode(helm_release.nats.values[0]).config.jetstream.fileStore.maxSize == "18Gi" && yamldecode(helm_release.nats.values[0]).podDisruptionBudget.enabled
    error_message = "JetStream leaves room on its disk; one server at a time is taken away."
  }

  assert {
    condition     = yamldecode(helm_release.nats.values[0]).config.merge["$include"] == "/etc/nats-accounts/accounts.conf"
    error_message = "Users come from a secret."
  }
}

run "refuses_an_even_number" {
  command = plan

  variables {
    replicas    = 2
    storage_gib = 0
    memory_mib  = 64
  }

  expect_failures = [var.replicas, var.storage_gib, var.memory_mib]
}
