import type { LogPage, LogRead } from '@rt/core';
import { describe, expect, it } from 'vitest';
import { SharedReads } from '../../src/delivery/shared-reads.ts';

const at = (offset: number): { epoch: string; offset: number; tag: string } => ({ epoch: 'e', offset, tag: 't' });
const nothing: LogRead = { epoch: 'e', entries: [], start: at(0), head: at(0), proof: 'contiguous' };

/** A log whose reads end when told. */
class SlowLog {
  readonly asked: [string, LogPage][] = [];
  readonly answers: PromiseWithResolvers<LogRead>[] = [];

  read(channel: string, page: LogPage): Promise<LogRead> {
    this.asked.push([channel, page]);
    const answer = Promise.withResolvers<LogRead>();
    this.answers.push(answer);
    return answer.promise;
  }
}

describe('SharedReads', () => {
  it('asks once for equal reads at the same time, and again for later ones', async () => {
    const log = new SlowLog();
    const reads = new SharedReads(log);
    const equal = Array.from({ length: 5_000 }, () => reads.read('news', { after: at(7), limit: 100 }));
    log.answers[0]!.resolve(nothing);
    expect(new Set(await Promise.all(equal))).toEqual(new Set([nothing]));
    expect(log.asked).toHaveLength(1);
    void reads.read('news', { after: at(7), limit: 100 });
    expect(log.asked).toHaveLength(2);
  });

  it('tells apart channels, places and limits', () => {
    const log = new SlowLog();
    const reads = new SharedReads(log);
    void reads.read('a', { after: at(7), limit: 100 });
    void reads.read('b', { after: at(7), limit: 100 });
    void reads.read('a', { after: { ...at(7), tag: 'u' }, limit: 100 });
    void reads.read('a', { before: at(7), limit: 100 });
    void reads.read('a', { limit: 100 });
    void reads.read('a', { limit: 10 });
    expect(log.asked).toHaveLength(6);
  });

  it('rejects everybody with BROKER_DOWN where the log fails, and asks again afterwards', async () => {
    const log = new SlowLog();
    const reads = new SharedReads(log);
    const two = [reads.read('a', { limit: 1 }), reads.read('a', { limit: 1 })];
    log.answers[0]!.reject(new Error('cut'));
    for (const read of two) await expect(read).rejects.toMatchObject({ code: 'BROKER_DOWN' });
    void reads.read('a', { limit: 1 });
    expect(log.asked).toHaveLength(2);
  });
});
