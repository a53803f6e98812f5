// vitest's setup file. Its workers run without Node's compile cache while coverage is measured; the processes that tests start
// are measured by nobody, and a third of the CPU of their start would go into compiling the same sources again.
const { TEST_COMPILE_CACHE: cache } = process.env;
if (cache) {
  delete process.env.NODE_DISABLE_COMPILE_CACHE;
  process.env.NODE_COMPILE_CACHE = cache;
}
