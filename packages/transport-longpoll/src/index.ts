/** The long-polling transport of the rt realtime server. */
export { longPolling } from './long-polling.ts';
export type { LongPollingOptions } from './options.ts';
