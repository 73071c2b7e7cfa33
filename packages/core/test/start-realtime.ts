import { Realtime } from '@rt/core';
import type { RealtimeOptions } from '@rt/core';
import { onTestFinished } from 'vitest';
import { TestWire } from './test-wire.ts';

/** A started `Realtime` on a wire without a network, closed when the test ends. */
export async function startRealtime(options: RealtimeOptions = {}): Promise<{ realtime: Realtime; wire: TestWire }> {
  const wire = new TestWire();
  const realtime = new Realtime({ transports: [wire], logger: false, ...options });
  onTestFinished(() => realtime.close({ drainMs: 0 }));
  await realtime.start();
  return { realtime, wire };
}
