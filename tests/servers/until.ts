import { setTimeout as delay } from 'node:timers/promises';

const ASK_EVERY_MS = 20;

/** Asks a server again and again until `holds` resolves with true. Rejects with the last error after `withinMs`, default 15 s. */
export async function until(what: string, holds: () => Promise<boolean>, withinMs = 15_000): Promise<void> {
  const end = Date.now() + withinMs;
  let cause: unknown;
  /* oxlint-disable no-await-in-loop -- asks again until it holds */
  for (;;) {
    const answer = await holds().catch((error: unknown) => {
      cause = error;
      return false;
    });
    if (answer) return;
    if (Date.now() > end) throw new Error(`not after ${withinMs} ms: ${what}`, { cause });
    await delay(ASK_EVERY_MS);
  }
  /* oxlint-enable no-await-in-loop */
}
