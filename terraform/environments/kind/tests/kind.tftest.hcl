mock_provider "helm" {}

variables {
  image_version = "0.3.0"
}

run "fits_a_laptop" {
  command = apply

  assert {
    condition     = length(module.observability) == 0 && module.database.chart_values.instances == 1
    error_message = "One of everything, and no monitoring unless asked."
  }
}

run "refuses_a_cluster_that_is_not_kind" {
  command = plan

  variables {
    context = "prod"
  }

  expect_failures = [var.context]
}
