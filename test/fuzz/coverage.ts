/** Methods that no valid request of the fuzzer can have answered, and why. Everything else must be answered at least once. */
export const unreachable: Readonly<Record<string, string>> = {};
