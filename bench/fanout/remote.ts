import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

/** The commands that a child process takes, each with one input, by name. */
export type Api = Readonly<Record<string, (input: never) => unknown>>;

interface Call {
  readonly n: number;
  readonly name: string;
  readonly input: unknown;
}

/** An answer to call `n`, or with `n` 0 something that the child says by itself. */
interface Answer {
  readonly n: number;
  readonly output?: unknown;
  readonly problem?: string;
}

interface Waiting {
  resolve(output: unknown): void;
  reject(error: Error): void;
}

/** A child process of this bench, run by the same Node in production mode, that answers `Commands` over IPC. */
export class Remote<Commands extends Api> {
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  /** Why no further call can succeed. */
  #problem: Error | undefined;
  #calls = 0;
  /** What the child says by itself. */
  onEvent: (event: unknown) => void = () => undefined;

  constructor(file: URL) {
    this.#name = file.pathname.split('/').slice(-2).join('/');
    this.#child = fork(file, {
      execArgv: ['--expose-gc'],
      env: { ...process.env, NODE_ENV: 'production' },
    });
    this.#child.on('message', (answer: Answer) => this.#onAnswer(answer));
    this.#child.on('error', (error) => this.#fail(error));
    this.#child.on('exit', (code, signal) => this.#fail(new Error(`${this.#name} ended (${signal ?? code})`)));
  }

  /** Rejects with what the child threw, and when the child ends or says that its work has failed. */
  call<Name extends keyof Commands & string>(
    name: Name,
    input: Parameters<Commands[Name]>[0],
  ): Promise<Awaited<ReturnType<Commands[Name]>>> {
    const call: Call = { n: ++this.#calls, name, input };
    return new Promise((resolve, reject) => {
      if (this.#problem !== undefined) {
        reject(this.#problem);
        return;
      }
      // The two ends are typed by the same `Commands`.
      this.#waiting.set(call.n, {
        resolve: (output) => resolve(output as Awaited<ReturnType<Commands[Name]>>),
        reject,
      });
      this.#child.send(call);
    });
  }

  /** Ends the child and resolves when it is gone. */
  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await gone;
  }

  #onAnswer({ n, output, problem }: Answer): void {
    if (n === 0) {
      if (problem === undefined) this.onEvent(output);
      else this.#fail(new Error(problem));
      return;
    }
    const waiting = this.#waiting.get(n);
    this.#waiting.delete(n);
    if (problem === undefined) waiting?.resolve(output);
    else waiting?.reject(new Error(problem));
  }

  #fail(error: Error): void {
    this.#problem ??= error;
    for (const waiting of this.#waiting.values()) waiting.reject(this.#problem);
    this.#waiting.clear();
  }
}

/** The child's side: answers calls with `commands` until the parent is gone. */
export function answerCalls(commands: Api): void {
  const answer = async ({ n, name, input }: Call): Promise<void> => {
    try {
      const command = commands[name] as ((input: unknown) => unknown) | undefined;
      if (command === undefined) throw new Error(`there is no command ${name}`);
      process.send?.({ n, output: await command(input) } satisfies Answer);
    } catch (error) {
      process.send?.({ n, problem: error instanceof Error ? error.message : String(error) } satisfies Answer);
    }
  };
  process.on('message', (call: Call) => void answer(call));
  process.on('disconnect', () => process.exit(0));
}

/** The child's side: tells the parent something that it did not ask for. */
export function tell(event: unknown): void {
  process.send?.({ n: 0, output: event } satisfies Answer);
}

/** The child's side: the measurement is worth nothing from here on. */
export function tellProblem(problem: string): void {
  process.send?.({ n: 0, problem } satisfies Answer);
}
