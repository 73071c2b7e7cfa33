import { rabbitmqBroker } from '@rt/broker-rabbitmq';
import { startRabbitmq } from '../../servers/rabbitmq.ts';
import { testLongStall } from './stall.ts';

testLongStall(
  'RabbitMQ',
  () => startRabbitmq(),
  (url) => rabbitmqBroker({ url }),
);
