import { expect, it } from 'vitest';
import { hop } from '../../transports/hopping.ts';
import { figure, percentile } from '../cluster/figure.ts';

it('C4: nothing is lost, doubled or swapped in hops between transports and nodes, every 2 s for 60 s at 50 msg/s', async () => {
  const { tookMs, transports } = await hop(60);
  expect(transports).toEqual(new Set(['websocket', 'sse', 'longpolling']));
  const p95 = percentile(tookMs, 0.95);
  figure('C4', 'hop, p95, ms', p95, '500');
  expect(p95).toBeLessThan(3 * 500);
}, 120_000);
