import type { RealtimeError } from '@rt/protocol';
import type { checkNumber } from '../options.ts';
import type { CallOptions, SendQueue } from '../send-queue.ts';

/** Calls a method, now or when it may go: `fields` are the texts of its name and its input. */
export async function call(
  sends: SendQueue,
  fields: string,
  { signal, timeoutMs = sends.requests.timeoutMs, idempotent = false }: CallOptions,
  { Failure, check }: { readonly Failure: typeof RealtimeError; readonly check: typeof checkNumber },
): Promise<unknown> {
  check('timeoutMs', timeoutMs, 0, 2 ** 31 - 1);
  const sent = sends.add('call', fields, idempotent);
  const stop = (): void => {
    const code = signal?.aborted ? 'CANCELLED' : 'DEADLINE';
    sends.withdraw(sent, new Failure(code, 'No answer came.', { cause: signal?.reason }));
  };
  const timer = setTimeout(stop, timeoutMs);
  signal?.addEventListener('abort', stop);
  if (signal?.aborted) stop();
  try {
    return await sent.answer.promise;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}
