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

/** Waits for a signal, with a time limit; says what it heard. */
export const listening = definition(
  "listening",
  `
- hear:
    try:
      - signal:
          listen: {to: {one: {with: {type: go}}}}
          timeout: {after: {hours: 1}}
    catch:
      errors: {with: {type: "https://serverlessworkflow.io/spec/1.0.0/errors/timeout"}}
      do:
        - silent: {set: {outcome: silent}, then: end}
- finish: {set: {outcome: heard}}
`,
);

/** Asks for the listing that its input names. */
export const asking = definition(
  "asking",
  `
- ask:
    call: marketmesh.catalog.v1.CatalogService/GetListing
    with: {name: '\${ input.listing }'}
- finish: {set: {outcome: '\${ input.listing.owner }'}}
`,
);

/** Sleeps as long as its input says. */
export const sleeping = definition(
  "sleeping",
  `
- sleep: {wait: '\${ input.long }'}
- finish: {set: {outcome: rested, at: '\${ string(now) }'}}
`,
);

/** Gives somebody something to do, until its time runs out. */
export const tasking = definition(
  "tasking",
  `
- give:
    call: marketmesh.fulfillment.v1.FulfillmentService/CreateTask
    with: {task: {type: sign, party: '\${ input.party }', dueTime: '\${ string(now + duration("2h")) }'}}
- hear:
    listen:
      to:
        any:
          - with: {type: marketmesh.fulfillment.v1.TaskCompleted, subject: sign}
          - with: {type: marketmesh.fulfillment.v1.TaskExpired, subject: sign}
      read: envelope
- finish:
    set: {outcome: '\${ input[0].type.endsWith("TaskCompleted") ? "signed" : "late" }'}
`,
);

/** Begun by an allocation; waits for the acceptance of the offer of the same id, which may have come before. */
export const matching = definition(
  "matching",
  `
- hear:
    listen:
      to:
        all:
          - with: {type: marketmesh.allocation.v1.OfferAccepted, subject: '\${ market + "/offers/" + subject.split("/")[3] }'}
- finish: {set: {outcome: matched}}
`,
  onCommitted,
);

/** Says something that every run about the same subject hears, and runs that say so begin. */
export const telling = definition(
  "telling",
  `
- say: {emit: {event: {with: {source: "https://test.example", type: said, subject: 'markets/emissions/parties/all', data: {n: 1}}}}}
- finish: {set: {outcome: told}}
`,
);
export const overhearing = definition(
  "overhearing",
  `
- hear: {listen: {to: {one: {with: {type: said, subject: 'markets/emissions/parties/all'}}}}}
- finish: {set: {outcome: '\${ string(input[0].n) }'}}
`,
);
export const triggered = definition(
  "triggered",
  "- finish: {set: {outcome: begun}}",
  "schedule: {on: {one: {with: {type: said}}}}",
);

/** Gives the staff one second. */
export const hurrying = definition(
  "hurrying",
  `
- give:
    call: marketmesh.fulfillment.v1.FulfillmentService/CreateTask
    with: {task: {type: hurry, dueTime: '\${ string(now + duration("1s")) }'}}
- hear: {listen: {to: {one: {with: {type: marketmesh.fulfillment.v1.TaskExpired, subject: hurry}}}}}
- finish: {set: {outcome: missed}}
`,
);

/** Sleeps a day, then gives the staff a day. */
export const waking = definition(
  "waking",
  `
- sleep: {wait: P1D}
- give:
    call: marketmesh.fulfillment.v1.FulfillmentService/CreateTask
    with: {task: {type: call-back, dueTime: '\${ string(now + duration("24h")) }'}}
- hear: {listen: {to: {one: {with: {type: marketmesh.fulfillment.v1.TaskExpired, subject: call-back}}}}}
- finish: {set: {outcome: missed}}
`,
);

/** Asks the staff whether something has arrived, or hears it from somebody else; rests a day. */
export const arriving = definition(
  "arriving",
  `
- ask:
    call: marketmesh.fulfillment.v1.FulfillmentService/CreateTask
    with: {task: {type: look-for-it}}
- also:
    call: marketmesh.fulfillment.v1.FulfillmentService/CreateTask
    with: {task: {type: tidy-up}}
- hear:
    listen:
      to:
        any:
          - with: {type: arrived}
          - with: {type: marketmesh.fulfillment.v1.TaskCompleted, subject: look-for-it}
- rest: {wait: P1D}
`,
);

/** Gives a task no time at all to be made. */
export const impatient = definition(
  "impatient",
  `
- give:
    try:
      - make:
          call: marketmesh.fulfillment.v1.FulfillmentService/CreateTask
          with: {task: {type: sign}}
          timeout: {after: PT0S}
    catch: {}
- finish: {set: {outcome: impatient}}
`,
);

/** Never comes to an end: each refusal is caught, and leads to the next. */
export const endless = definition(
  "endless",
  `
- give:
    try:
      - make:
          call: marketmesh.fulfillment.v1.FulfillmentService/CreateTask
          with: {task: {type: sign}}
    catch: {}
- again: {set: {n: 1}, then: give}
`,
);
