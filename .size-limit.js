/** As a bundler or a browser takes it: modules, where size-limit's own `iife` adds what `require` needs. */
const modifyEsbuildConfig = (config) => ({ ...config, format: 'esm', target: 'es2022' });

const client = { gzip: true, modifyEsbuildConfig };
const bundled = { ...client, path: 'packages/client/dist/index.js' };
const script = { ...client, path: 'packages/client/dist/client.js' };

export default [
  {
    ...bundled,
    name: '@rt/client with @rt/protocol, as a bundler sees it, where WebSockets get through',
    ignore: ['./fallback.js', './features.js'],
    limit: '6 kB',
  },
  { ...bundled, name: 'the same with all transports', ignore: ['./features.js'], limit: '12 kB' },
  {
    ...script,
    name: 'dist/client.js, the script-tag build, where WebSockets get through',
    ignore: ['./client-http.js', './client-features.js'],
    limit: '6 kB',
  },
  { ...script, name: 'the same with all transports', ignore: ['./client-features.js'], limit: '12 kB' },
];
