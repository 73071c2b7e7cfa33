import { Realtime } from '@rt/core';
import type { RealtimeOptions } from '@rt/core';
import { describe, expect, it } from 'vitest';
import { busOnly } from './bus-only.ts';

describe('options of Realtime', () => {
  it.each<[string, object]>([
    ['the option "limits.maxFrameBytes" of Realtime is -1', { limits: { maxFrameBytes: -1 } }],
    ['the option "basePath" of Realtime is "realtime/"', { basePath: 'realtime/' }],
    ['the option "allowedOrigins.0" of Realtime is "https://a.example/"', { allowedOrigins: ['https://a.example/'] }],
    ['the option "limits.connectionsPerAddress" of Realtime is 0', { limits: { connectionsPerAddress: 0 } }],
    ['"trustProxy" of Realtime is true: false, how many proxies there are (1 to 16), or a list', { trustProxy: true }],
    ['the option "trustProxy" of Realtime is "10.0.0.1": false, how many', { trustProxy: '10.0.0.1' }],
    ['the option "trustProxy" of Realtime is 0', { trustProxy: 0 }],
    ['the option "trustProxy" of Realtime is 17', { trustProxy: 17 }],
    ['the option "trustProxy" of Realtime is []', { trustProxy: [] }],
    ['the option "trustProxy.1" of Realtime is "::/0": \'loopback\', an address, or', { trustProxy: ['::1', '::/0'] }],
    ['the option "channels.chat.*.send" of Realtime is 1', { channels: { 'chat.*': { send: 1 } } }],
    [
      `the option "channels.chat.*.slowReader" of Realtime is "wait": 'catch-up', 'drop', 'cut' or { latest`,
      { channels: { 'chat.*': { slowReader: 'wait' } } },
    ],
    [
      `the option "channels.chat.*.slowReader.latest" of Realtime is "symbol": 'event', 'user', or 'data.'`,
      { channels: { 'chat.*': { slowReader: { latest: 'symbol' } } } },
    ],
    ['"limits.maxQueuedBytesTotal" of Realtime is 1', { limits: { maxQueuedBytesTotal: 1 } }],
    ['the option "broker" of Realtime is {}', { broker: {} }],
    ['an object with the methods attach, close', { transports: ['websocket'] }],
    ['Unrecognized key: "chanels"', { chanels: {} }],
    ['"a*b" is not a channel pattern', { channels: { 'a*b': {} } }],
    ['match the same channels', { channels: { 'a.{b}': {}, 'a.{c}': {} } }],
  ])('says %s', (message, options) => {
    expect(() => new Realtime(options as RealtimeOptions)).toThrow(
      expect.objectContaining({ code: 'BAD_OPTION', message: expect.stringContaining(message) }),
    );
  });

  it.each<[NonNullable<RealtimeOptions['trustProxy']>]>([
    [false],
    [1],
    [16],
    [['loopback']],
    [['10.0.0.0/8', 'fc00::/7', '192.0.2.1']],
  ])('take %j as trustProxy', (trustProxy) => {
    expect(() => new Realtime({ trustProxy })).not.toThrow();
  });

  it('never repeats a secret', () => {
    expect(() => new Realtime({ apiKey: 'too-short-key' })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('too-short-key') }),
    );
  });

  it('refuses a rule that asks for history where the broker keeps none, with what to do', () => {
    const channels = { 'chat.*': { history: { size: 10, ttlMs: 1_000 } } };
    expect(() => new Realtime({ channels, broker: busOnly() })).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED', message: expect.stringContaining('history: false') }),
    );
    expect(() => new Realtime({ channels })).not.toThrow();
    expect(() => new Realtime({ channels: { 'chat.*': { history: false } }, broker: busOnly() })).not.toThrow();
  });
});
