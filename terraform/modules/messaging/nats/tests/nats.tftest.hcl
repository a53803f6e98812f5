mock_provider "helm" {}

variables {
  accounts_secret = "nats-accounts"
}

run "keeps_a_quorum" {
  command = plan

  assert {
    condition     = yamldecode(helm_release.nats.values[0]).config.cluster.replicas == 3 && yamldecode(helm_release.nats.values[0]).podTemplate.topologySpreadConstraints["topology.kubernetes.io/zone"].whenUnsatisfiable == "DoNotSchedule"
    error_message = "Three servers, a zone each."
  }

  assert {
    condition     = yamldecode(helm_release.nats.values[0]).config.jetstream.fileStore.maxSize == "18Gi" && yamldecode(helm_release.nats.values[0]).podDisruptionBudget.enabled
    error_message = "JetStream leaves room on its disk; one server at a time is taken away."
  }

  assert {
    condition     = yamldecode(helm_release.nats.values[0]).config.merge["$include"] == "../nats-accounts/accounts.conf" && yamldecode(helm_release.nats.values[0]).podTemplate.patch[0].value.secret.secretName == "nats-accounts" && yamldecode(helm_release.nats.values[0]).container.patch[0].value.mountPath == "/etc/nats-accounts"
    error_message = "Users come from a secret, by a path that the server follows from /etc/nats-config."
  }

  # The chart's containers are these three; natsBox is another pod.
  assert {
    condition     = alltrue([for name in ["container", "reloader", "promExporter"] : yamldecode(helm_release.nats.values[0])[name].merge.securityContext == { allowPrivilegeEscalation = false, runAsNonRoot = true, capabilities = { drop = ["ALL"] } }]) && !yamldecode(helm_release.nats.values[0]).natsBox.enabled
    error_message = "Every container is one that the restricted Pod Security Standard lets in."
  }

  assert {
    condition     = yamldecode(helm_release.nats.values[0]).podTemplate.merge.spec.securityContext.runAsNonRoot && yamldecode(helm_release.nats.values[0]).podTemplate.merge.spec.securityContext.seccompProfile.type == "RuntimeDefault"
    error_message = "The pod too."
  }

  assert {
    condition     = yamldecode(helm_release.nats.values[0]).promExporter.podMonitor.enabled && !anytrue([for word in yamldecode(helm_release.nats.values[0]).promExporter.merge.args : startswith(word, "-prefix")])
    error_message = "Prometheus scrapes the servers, by the names that the rules ask for."
  }
}

run "refuses_an_even_number" {
  command = plan

  variables {
    replicas    = 2
    storage_gib = 0
    memory_mib  = 64

    accounts_secret = ""
  }

  expect_failures = [var.replicas, var.storage_gib, var.memory_mib, var.accounts_secret]
}
