import { AsyncLocalStorage } from "node:async_hooks";
import { type Context, type ContextManager, context, ROOT_CONTEXT } from "@opentelemetry/api";

/**
 * Lets trace context follow asynchronous code, so that traces pass through a process that exports none. The SDK brings its
 * own; whoever registers first is kept.
 */
export function followContext(): void {
  context.setGlobalContextManager(contextManager());
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
