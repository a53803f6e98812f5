/** The longest source of a definition, in bytes of UTF-8. */
export const sourceBytesMax = 262_144;
/** Tasks of a document, at every depth. */
export const tasksMax = 500;
/** How deep tasks stand within tasks. */
export const taskDepthMax = 20;
/** Problems that are told of one document. */
export const problemsMax = 100;
/** The longest expression, in UTF-16 code units. */
export const expressionLengthMax = 4_096;
/** What one evaluation may look at: items, each as often as something is done to it, and texts by 64 characters. */
export const workMax = 200_000;
/** What all evaluations of a step may look at together. */
export const workPerStepMax = 2_000_000;
/** The longest text and the longest list that an expression makes. */
export const textLengthMax = 65_536;
export const listItemsMax = 10_000;
/** An input, output or context, as JSON: about as many bytes. */
export const dataSizeMax = 65_536;
/** The answer of a call, and what a `listen` heard, before `output.as` takes what is needed. */
export const answerSizeMax = 262_144;
/** How deep such data stands within data. */
export const dataDepthMax = 64;
/** Tasks that a run enters in one step without waiting for anything. */
export const tasksWithoutWaitMax = 1_000;
/** Tasks that a run enters in one step, timers between them or not. */
export const tasksPerStepMax = 10_000;
/** Events that wait for a run to listen, by number and by size as JSON. */
export const mailboxEventsMax = 256;
export const mailboxSizeMax = 1_048_576;
/** Event ids that a run remembers to tell a duplicate. */
export const seenEventsMax = 256;
/** Retries of one `try` where its policy has no limit. */
export const retriesMax = 1_000;
/** The longest wait, timeout and delay, in milliseconds: ten years. */
export const durationMsMax = 315_576_000_000;
/** The longest detail of an error. */
export const detailLengthMax = 2_000;
