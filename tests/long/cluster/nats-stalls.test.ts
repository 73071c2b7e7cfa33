import { natsBroker } from '@rt/broker-nats';
import { startNats } from '../../servers/nats.ts';
import { testLongStall } from './stall.ts';

testLongStall(
  'NATS',
  () => startNats(),
  (url) => natsBroker({ url }),
);
