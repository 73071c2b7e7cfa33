import { Realtime } from '@rt/core';
import type { RealtimeOptions } from '@rt/core';
import { describe, expect, it } from 'vitest';
import { busOnly } from './bus-only.ts';

describe('options of Realtime', () => {
  it.each<[string, object]>([
    ['the option "limits.maxFrameBytes" of Realtime is -1', { limits: { maxFrameBytes: -1 } }],
    ['the option "basePath" of Realtime is "realtime/"', { basePath: 'realtime/' }],
    ['the option "allowedOrigins.0" of Realtime is "https://a.example/"', { allowedOrigins: ['https://a.example/'] }],
    ['the option "channels.chat.*.send" of Realtime is 1', { channels: { 'chat.*': { send: 1 } } }],
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
