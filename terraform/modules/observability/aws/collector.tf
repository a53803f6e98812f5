data "aws_iam_policy_document" "collector" {
  statement {
    sid       = "Logs"
    actions   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.services.arn}:*"]
  }

  # X-Ray knows no resources for writing.
  statement {
    sid       = "Traces"
    actions   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
    resources = ["*"]
  }
}

resource "aws_iam_role" "collector" {
  name               = "${var.name}-collector"
  assume_role_policy = var.pod_identity_trust_policy
}

resource "aws_iam_role_policy" "collector" {
  name   = "write-telemetry"
  role   = aws_iam_role.collector.id
  policy = data.aws_iam_policy_document.collector.json
}

resource "aws_eks_pod_identity_association" "collector" {
  cluster_name    = var.cluster_name
  namespace       = var.namespace
  service_account = var.collector_service_account
  role_arn        = aws_iam_role.collector.arn
}

data "aws_iam_policy_document" "prometheus" {
  statement {
    sid       = "Metrics"
    actions   = ["aps:RemoteWrite"]
    resources = [aws_prometheus_workspace.this.arn]
  }
}

resource "aws_iam_role" "prometheus" {
  name               = "${var.name}-prometheus"
  assume_role_policy = var.pod_identity_trust_policy
}

resource "aws_iam_role_policy" "prometheus" {
  name   = "write-metrics"
  role   = aws_iam_role.prometheus.id
  policy = data.aws_iam_policy_document.prometheus.json
}

resource "aws_eks_pod_identity_association" "prometheus" {
  cluster_name    = var.cluster_name
  namespace       = var.namespace
  service_account = var.prometheus_service_account
  role_arn        = aws_iam_role.prometheus.arn
}
