/** For so long a job waits for a service that ends and starts again. */
export const jobPatienceMs = 120_000;
