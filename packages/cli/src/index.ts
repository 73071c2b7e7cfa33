/** For `rt.config.ts`: everything else that this package does is the command `rt`. */
export { defineConfig } from './config.ts';
export type { RtConfig } from './config.ts';
