import { expect, test } from "vitest";
import { admissionControl, openAdmission } from "./admission.ts";

const limits = { queueDelayMs: 20, callsMin: 4, callsMax: 512 };

function flight(count: number) {
  const control = admissionControl(limits);
  for (let call = 0; call < count; call += 1) control.enter(true);
  return control;
}

/** Offers so many calls at once and lets all that began end; tells how many began. */
function offer(control: ReturnType<typeof admissionControl>, count: number): number {
  let begun = 0;
  for (let call = 0; call < count; call += 1) if (control.enter(true)) begun += 1;
  for (let call = 0; call < begun; call += 1) control.leave();
  return begun;
}

test("nothing is refused before callsMax while nothing queues", () => {
  const control = flight(511);
  control.look(5);
  expect(control.enter(true)).toBe(true);
  expect(control.enter(true)).toBe(false);
});

test("a loop that is late all the time lowers the limit below what is in flight", () => {
  const control = flight(100);
  control.look(21);
  expect(control.limit).toBe(512);
  control.look(21);
  expect(control.limit).toBe(80);
  expect(control.enter(true)).toBe(false);
  expect(control.enter(false)).toBe(false);
  for (let call = 0; call < 30; call += 1) control.leave();
  expect(control.enter(false)).toBe(true);
  expect(control.enter(true)).toBe(true);
});

test("a queue for connections does so too, but not when one of the transactions waited for nothing", () => {
  const control = flight(100);
  for (const ms of [80, 0.1, 60]) control.waited(ms);
  control.look(0);
  expect(control.limit).toBe(512);
  for (let look = 0; look < 2; look += 1) {
    for (const ms of [80, 60]) control.waited(ms);
    control.look(0);
  }
  expect(control.limit).toBe(80);
});

test("the limit never falls below callsMin", () => {
  const control = flight(100);
  for (let look = 0; look < 100; look += 1) control.look(500);
  expect(control.limit).toBe(4);
});

test("it grows while it binds and nothing queues, and is gone after three quiet seconds", () => {
  const control = flight(0);
  for (let look = 0; look < 2; look += 1) {
    offer(control, 100);
    control.look(50);
  }
  expect(control.limit).toBe(80);
  offer(control, 100);
  control.look(5);
  expect(control.limit).toBe(84);
  for (let look = 0; look < 29; look += 1) {
    offer(control, 10);
    control.look(5);
  }
  expect(control.limit).toBe(84);
  offer(control, 10);
  control.look(5);
  expect(control.limit).toBe(512);
});

test("it finds the most that a server can do without a queue", () => {
  const control = admissionControl(limits);
  const served = 40;
  const begun: number[] = [];
  for (let look = 0; look < 300; look += 1) {
    const calls = offer(control, 3 * served);
    begun.push(calls);
    control.look(calls > served ? 30 : 2);
  }
  const settled = begun.slice(50);
  expect(Math.max(...settled)).toBeLessThanOrEqual(served * 1.1);
  expect(settled.reduce((sum, calls) => sum + calls) / settled.length).toBeGreaterThan(served * 0.8);
});

test("the event loop is watched from a call on until it has been quiet for three seconds", () => {
  let look: ((leastDelayMs: number) => void) | undefined;
  const admission = openAdmission(limits, (told) => {
    look = told;
    return () => {
      look = undefined;
    };
  });
  expect(look).toBeUndefined();
  admission.enter(true);
  for (let looks = 0; looks < 100; looks += 1) look?.(0);
  expect(look).toBeDefined(); // a call is still there
  admission.leave();
  look?.(0);
  expect(look).toBeUndefined();
  admission.enter(true);
  for (let looks = 0; looks < 2; looks += 1) look?.(21);
  expect(admission.limit).toBeLessThan(limits.callsMax);
  admission.close();
  expect(look).toBeUndefined();
});
