import { join } from 'node:path';
import { capture, step } from './child.mjs';
import { installDependencies } from './dependencies.mjs';
import { chooseNode, environmentFor } from './node-choice.mjs';
import { root } from './root.mjs';

/**
 * Makes a fresh clone ready: packages, a Node that is new enough, and every package built. What is done already costs nothing.
 * Resolves with the Node to run and the environment to run it in; ends this process with the reason where something fails.
 */
export async function setup() {
  await installDependencies();
  const node = await chooseNode();
  const env = environmentFor(node);
  const turbo = join(root, 'node_modules', 'turbo', 'bin', 'turbo');
  await step('Building (turbo run build)', () =>
    capture(node, [turbo, 'run', 'build', '--output-logs=errors-only'], { cwd: root, env }),
  );
  return { node, env };
}
