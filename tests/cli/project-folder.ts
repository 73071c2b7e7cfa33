import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NODE_MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url));

/** A folder of its own that sees the workspace's packages, as a project that installed them does. */
export class ProjectFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'rt-cli-'));

  constructor(files: Readonly<Record<string, string>> = {}) {
    symlinkSync(NODE_MODULES, join(this.path, 'node_modules'), 'junction');
    this.write({ 'package.json': '{ "type": "module" }', ...files });
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(this.path, name), text);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
