import { Command, CommanderError } from 'commander';
import { inspect } from 'node:util';
import { CommandError, messageOf } from './command-error.ts';
import { addDoctor } from './commands/doctor.ts';
import { addListen } from './commands/listen.ts';
import { addPublish } from './commands/publish.ts';
import { addServe } from './commands/serve.ts';
import { addTest } from './commands/test.ts';
import { printable } from './printable.ts';
import { version } from './version.ts';

/** Runs one command to its end. Resolves with the exit code, never rejects: what went wrong is one line on standard error. */
export async function run(args: readonly string[]): Promise<0 | 1 | 2> {
  dropEmptyVariables();
  const program = createProgram();
  try {
    await program.parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    return report(error, program, args);
  }
}

function createProgram(): Command {
  const program = new Command('rt')
    .description('Run a realtime server, publish, test and listen from a terminal, examine a broker.')
    .version(version(), '-V, --version', 'print the version')
    .exitOverride()
    // Errors are thrown too, and told in one line by `report`.
    .configureOutput({ outputError: () => undefined })
    .addHelpText('after', '\nFlags and environment of a command: rt <command> --help');
  addServe(program);
  addPublish(program);
  addListen(program);
  addTest(program);
  addDoctor(program);
  return program;
}

/** An empty variable is an unset one: compose files and CI write those for values that are not there. */
function dropEmptyVariables(): void {
  for (const [name, value] of Object.entries(process.env)) {
    if (name.startsWith('REALTIME_') && value === '') delete process.env[name];
  }
}

function report(error: unknown, program: Command, args: readonly string[]): 0 | 1 | 2 {
  if (error instanceof CommanderError) {
    // Help and version were asked for; the help that a bare `rt` gets was not.
    if (error.exitCode === 0) return 0;
    if (error.code === 'commander.help') return 2;
    const command = program.commands.find((each) => each.name() === args[0]);
    tell(
      `${error.message.replace(/^error: /, '').replace(/\.$/, '')}; see "rt ${command === undefined ? '' : `${command.name()} `}--help"`,
    );
    return 2;
  }
  tell(error instanceof CommandError ? error.message : `unexpected error: ${messageOf(error)}`);
  const isDebug =
    process.env['REALTIME_LOG_LEVEL'] === 'debug' ||
    program.commands.some((each) => each.opts()['logLevel'] === 'debug');
  if (isDebug) console.error(inspect(error));
  return error instanceof CommandError ? error.exitCode : 1;
}

function tell(message: string): void {
  if (message !== '') console.error(printable(message.replace(/\s*\n\s*/g, ' ')));
}
