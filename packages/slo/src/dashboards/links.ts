import { DashboardLinkBuilder, DashboardLinkType } from "@grafana/grafana-foundation-sdk/dashboard";

/** How a query names its service in a link: a service's name, or what Grafana puts in for it. */
export const jobOfSeries = `\${__field.labels.job}`;

/**
 * From a panel to what happened: the traces of a service in Tempo and its lines in Loki, for the time on the screen. `job` may be a
 * regular expression of several services.
 */
export function serviceLinks(job: string): DashboardLinkBuilder[] {
  const traces = { queryType: "traceql", query: `{resource.service.name=~"${job}"}` };
  const logs = { expr: `{service_name=~"${job}"}` };
  return [
    link(`Traces of ${nameOf(job)}`, explore("tempo", traces)),
    link(`Logs of ${nameOf(job)}`, explore("loki", logs)),
  ];
}

/** Links between our dashboards, found by their tag. */
export function siblings(): DashboardLinkBuilder {
  return new DashboardLinkBuilder("marketmesh")
    .type(DashboardLinkType.Dashboards)
    .tags(["marketmesh"])
    .asDropdown(true)
    .includeVars(true)
    .keepTime(true);
}

function nameOf(job: string): string {
  if (job === jobOfSeries) return "this service";
  return job.includes("|") ? "all services" : job;
}

function link(title: string, url: string): DashboardLinkBuilder {
  return new DashboardLinkBuilder(title).url(url).targetBlank(true);
}

function explore(type: "tempo" | "loki", query: Readonly<Record<string, string>>): string {
  const uid = `\${${type}}`;
  const pane = {
    datasource: uid,
    queries: [{ refId: "A", datasource: { type, uid }, ...query }],
    range: { from: `\${__from}`, to: `\${__to}` },
  };
  // Grafana fills variables in before it decodes the address: they have to stand there as they are.
  const panes = encodeURIComponent(JSON.stringify({ a: pane })).replace(
    /%24%7B([\w.]+)%7D/g,
    (_encoded, name) => `\${${name}}`,
  );
  return `/explore?schemaVersion=1&orgId=1&panes=${panes}`;
}
