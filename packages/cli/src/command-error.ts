/** 1: it was tried and did not work. 2: what was asked for can't work, so nothing was tried. */
export type ExitCode = 1 | 2;

/** Why a command ends, as the one line that the terminal gets; an empty message was told before. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.exitCode = exitCode;
  }
}

/** A flag, variable, argument or config that is wrong: exit code 2. */
export function usageError(message: string, cause?: unknown): CommandError {
  return new CommandError(2, message, cause);
}

/** The other side refused or is not there: exit code 1. */
export function failure(message: string, cause?: unknown): CommandError {
  return new CommandError(1, message, cause);
}

/** What an error says, or the text of whatever else was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The `code` that Node's own errors carry, e.g. `EADDRINUSE`. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
