#!/usr/bin/env node
// Not in dist/: npm links a command only where its file is there at the install, and a fresh clone is built after it.
await import('../dist/rt.js');
