import { defineConfig } from 'tsup';
import { base, dts } from '../../tsup.base.ts';

/** A file for each module: a page's bundler leaves out what it does not use, such as the reading of client frames. */
export default defineConfig({ ...base, entry: ['src/*.ts'], dts: { ...dts, entry: 'src/index.ts' } });
