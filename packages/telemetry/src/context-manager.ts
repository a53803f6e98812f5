import { AsyncLocalStorage } from "node:async_hooks";
import { type Context, type ContextManager, context, ROOT_CONTEXT } from "@opentelemetry/api";

let taken = false;

/**
 * Lets trace context follow asynchronous code, so that traces pass through a process that exports none. Calling it again
 * changes nothing; whoever registered first is kept.
 */
export function followContext(): void {
  if (!taken) context.setGlobalContextManager(takeContextManager());
}

/** The same, for somebody else to register. */
export function takeContextManager(): ContextManager {
  taken = true;
  return contextManager();
}

function contextManager(): ContextManager {
  const storage = new AsyncLocalStorage<Context>();
  const manager: ContextManager = {
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (active, work, receiver, ...args) => storage.run(active, () => work.apply(receiver, args)),
    bind: (active, target) => {
      if (typeof target !== "function") return target;
      return ((...args: unknown[]) => storage.run(active, () => target(...args))) as typeof target;
    },
    enable: () => manager,
    disable: () => {
      storage.disable();
      return manager;
    },
  };
  return manager;
}
