/** A definition with these tasks; `more` stands at the top level. */
export function definition(name: string, tasks: string, more = ""): string {
  const indented = tasks
    .trim()
    .split("\n")
    .map((line) => `  ${line}`)
    .join("\n");
  return `document: {dsl: "1.0.0", namespace: test, name: ${name}, version: "1.0.0"}
evaluate: {language: cel}
${more}
do:
${indented}
`;
}

export const onCommitted = `schedule: {on: {one: {with: {type: marketmesh.allocation.v1.AllocationCommitted}}}}`;

/** Asks catalog, gives a task to the owner, waits for its end, says so. */
export const delivery = definition(
  "delivery",
  `
- prepare:
    call: marketmesh.catalog.v1.CatalogService/GetListing
    with: {name: '\${ input[0].data.allocation.demand }'}
    export: {as: '\${ {"owner": output.listing.owner} }'}
- ask:
    do:
      - give:
          call: marketmesh.fulfillment.v1.FulfillmentService/CreateTask
          with:
            task: {type: hand-over, party: '\${ context.owner }', dueTime: '\${ string(now + duration("24h")) }'}
      - hear:
          listen:
            to:
              any:
                - with: {type: marketmesh.fulfillment.v1.TaskCompleted, subject: hand-over}
                - with: {type: marketmesh.fulfillment.v1.TaskExpired, subject: hand-over}
            read: envelope
- tell:
    emit: {event: {with: {source: "https://test.example", type: handed-over}}}
- finish:
    set: {outcome: '\${ input[0].type.endsWith("TaskCompleted") ? "delivered" : "missed" }'}
`,
  onCommitted,
);
