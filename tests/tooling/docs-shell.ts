import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from './docs-page.ts';
import type { CodeBlock } from './docs-page.ts';

const run = promisify(execFile);
/** npm's own commands that the documentation may use; `start` and `test` are scripts of the project. */
const NPM_COMMANDS: ReadonlySet<string> = new Set(['ci', 'install', 'i', 'pack', 'exec', 'init', 'publish', 'version']);

/** One command of a `sh` block, in words as a shell would see them. */
interface ShellCommand {
  readonly line: number;
  readonly words: readonly string[];
}

/**
 * Checks the commands of `sh` blocks: `npm …` must name a script of the project, `npm run bench -- X` a bench, and `rt …`
 * use a command and flags that `rt --help` knows. Answers one line a problem: `page:line: what`.
 */
export async function shellProblems(blocks: readonly CodeBlock[]): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const block of blocks) {
    for (const { line, words } of commandsOf(block.code)) {
      const problem = words[0] === 'npm' ? npmProblem(words.slice(1)) : await rtProblem(words);
      if (problem !== undefined) problems.push(`${block.page}:${block.line + line}: ${problem}`);
    }
  }
  return problems;
}

/** The commands of a block: continued lines joined, prompts, comments and leading assignments taken off, lists and pipes taken apart. */
function commandsOf(code: string): readonly ShellCommand[] {
  const commands: ShellCommand[] = [];
  const lines = code.split('\n');
  for (let index = 0; index < lines.length; index++) {
    const line = index;
    let text = lines[index]!;
    while (text.endsWith('\\') && index + 1 < lines.length) text = `${text.slice(0, -1)} ${lines[++index]!}`;
    // Words, quoted or not, and what separates two commands.
    const tokens =
      text.replace(/^\s*\$ /, '').match(/(?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s"'\\|&;<>#])+|[|&;<>]+|#.*$/g) ?? [];
    let words: string[] = [];
    for (const token of [...tokens, ';']) {
      if (/^[|&;<>#]/.test(token)) {
        if (words.length > 0) commands.push({ line, words });
        words = [];
      } else if (words.length > 0 || !/^[A-Za-z_]\w*=/.test(token)) {
        words.push(token.replaceAll(/["']/g, ''));
      }
    }
  }
  return commands;
}

function npmProblem(words: readonly string[]): string | undefined {
  const [command = '', ...rest] = words.filter((word) => !/^(?:-s|--silent)$/.test(word));
  if (NPM_COMMANDS.has(command)) return undefined;
  const name = command === 'run' ? rest[0] : command;
  const { scripts } = readScripts();
  if (name === undefined || !Object.hasOwn(scripts, name)) return `npm has no script "${name}"`;
  if (name !== 'bench') return undefined;
  const bench = rest[rest.indexOf('--') + 1];
  if (bench === undefined || !rest.includes('--') || bench.startsWith('<')) return undefined;
  return existsSync(join(root, 'bench', bench, 'run.ts')) ? undefined : `there is no bench "${bench}"`;
}

function readScripts(): { readonly scripts: Readonly<Record<string, string>> } {
  // Our own package.json; a wrong shape fails the test just as well.
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
}

async function rtProblem(words: readonly string[]): Promise<string | undefined> {
  const given = words[0] === 'npx' ? words.slice(1) : words;
  if (given[0] !== 'rt') return undefined;
  const command = given.slice(1).find((word) => !word.startsWith('-'));
  const help = await rtHelp(command);
  if (help === undefined) return `rt has no command "${command}"`;
  const flags = given.slice(1).filter((word) => /^--?[A-Za-z]/.test(word));
  const unknown = flags.map((flag) => flag.split('=')[0]!).filter((flag) => !knows(help, flag));
  return unknown.length === 0 ? undefined : `rt ${command ?? ''} does not know ${unknown.join(', ')}`;
}

function knows(help: string, flag: string): boolean {
  return help.split(/[\s,]+/).some((word) => word.split('=')[0] === flag);
}

const helps = new Map<string, Promise<string | undefined>>();

/** What `rt <command> --help` prints, from source, asked once; `undefined` where it refuses the command. */
function rtHelp(command: string | undefined): Promise<string | undefined> {
  const key = command ?? '';
  let help = helps.get(key);
  if (help === undefined) {
    const rt = join(root, 'packages', 'cli', 'src', 'rt.ts');
    const args = ['--conditions=@rt/source', rt, ...(command === undefined ? [] : [command]), '--help'];
    // Help shows the whole program where a command is unknown: then it names no such command in its usage line.
    help = run(process.execPath, args, { cwd: root }).then(
      ({ stdout }) => (command === undefined || stdout.includes(`rt ${command}`) ? stdout : undefined),
      () => undefined,
    );
    helps.set(key, help);
  }
  return help;
}
