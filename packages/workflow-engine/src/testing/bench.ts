import { advanceRun, parseWorkflow, startRun } from "../engine.ts";
import { market, subject, t0, workflowOf } from "./samples.ts";

// node packages/workflow-engine/src/testing/bench.ts: steps of a run that waits for one event after another.
const workflow = workflowOf(`do:
  - hear: { listen: { to: { one: { with: { type: tick, data: "\${ data.n >= 0 }" } } } }, timeout: { after: P7D } }
  - count: { set: { n: "\${ input[0].n + context.?n.orValue(0) }" }, export: { as: "\${ output }" } }
  - again: { switch: [ { more: { when: "\${ context.n < 1000000000 }", then: hear } } ] }`);

const first = startRun(workflow, { run: "markets/m/runs/r", market, subject, input: { a: 1 }, nowMs: t0 });
let { state } = first;
const steps = 200_000;
for (const round of ["warm-up", "measured"]) {
  const start = process.cpuUsage().user;
  for (let n = 0; n < steps; n++) {
    const event = { id: `${round}${n}`, type: "tick", subject: "", timeMs: t0 + n, data: { n: 1 } };
    state = advanceRun(workflow, state, { kind: "received", nowMs: t0 + n, event }).state;
  }
  // Of a core, whatever else the machine does.
  const seconds = (process.cpuUsage().user - start) / 1e6;
  console.log(
    `${round}: ${Math.round(steps / seconds)} steps/s, ${Math.round((4 * steps) / seconds)} tasks/s`,
  );
}
const parses = 50;
const start = process.hrtime.bigint();
for (let n = 0; n < parses; n++) {
  parseWorkflow(
    `document: { dsl: "1.0.0", namespace: t, name: n, version: 1.0.${n} }\nevaluate: { language: cel }\ndo:\n  - a: { set: { x: 1 } }`,
    () => undefined,
  );
}
console.log(`parse: ${Number(process.hrtime.bigint() - start) / 1e6 / parses} ms`);
console.log(JSON.stringify(state.context), state.stepCount);
