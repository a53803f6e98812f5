/** A Prometheus rule file: `groups:`. */
export interface RuleFile {
  readonly groups: readonly RuleGroup[];
}

export interface RuleGroup {
  readonly name: string;
  /** Absent: Prometheus' own evaluation interval. */
  readonly interval?: string;
  readonly rules: readonly Rule[];
}

export type Rule = RecordingRule | AlertRule;

export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** `page` wakes somebody now; `ticket` is for working hours. */
export type Severity = "page" | "ticket";

export interface AlertRule {
  /** UpperCamelCase; its runbook is docs/runbooks/<the same in kebab-case>.md. */
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: Severity } & Readonly<Record<string, string>>;
  readonly annotations: Annotations;
}

interface Annotations {
  /** One line, with the service and what is wrong. */
  readonly summary: string;
  /** What it means for users and since when it counts. */
  readonly description: string;
  /** From the root of the repository. */
  readonly runbook_url: string;
}

/** What an alert is made from. */
export interface AlertOptions {
  readonly alert: string;
  readonly severity: Severity;
  readonly expr: string;
  readonly for?: string;
  readonly summary: string;
  readonly description: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** An alert that names its runbook. */
export function alertRule(options: AlertOptions): AlertRule {
  const { alert, severity, expr, summary, description, labels } = options;
  return {
    alert,
    expr,
    ...(options.for !== undefined && { for: options.for }),
    labels: { severity, ...labels },
    annotations: { summary, description, runbook_url: runbookOf(alert) },
  };
}

/** `docs/runbooks/outbox-stuck.md` of OutboxStuck. */
export function runbookOf(alert: string): string {
  const kebab = alert.replace(/(?<=[a-z0-9])[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
  return `docs/runbooks/${kebab}.md`;
}

export function isAlert(rule: Rule): rule is AlertRule {
  return "alert" in rule;
}
