import { RealtimeClient } from '@rt/client';
import { channelNameOf, encodeNamePart, isChannelName, PatternMap } from '@rt/protocol';
import { userChannel } from '@rt/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { zodContract } from './contracts.ts';
import { listen, startStage } from './stage.ts';

const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 });
/** Also such as have no UTF-8: any units of UTF-16, often those that are easily taken for one another. */
const unit = fc.oneof(
  fc.constantFrom('\ud800', '\ud801', '\udc00', '\udfff', '\ufffd', '=', 'D', '8', '0', '\u0000', 'é'),
  fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
);
const anyText = fc.array(unit, { minLength: 1, maxLength: 4 }).map((units) => units.join(''));

/** What somebody throws who has no such channel. */
const badName = (message: unknown = expect.any(String)): unknown =>
  expect.objectContaining({ name: 'RealtimeError', code: 'BAD_NAME', message });

describe('the params of a channel', () => {
  it('make a name that its pattern matches, with each param in its own part, whatever they are', () => {
    fc.assert(
      fc.property(text, text, fc.array(text, { minLength: 1, maxLength: 3 }), (room, side, rest) => {
        const name = channelNameOf('game.{room}.{side}.*', { room, side, '*': rest });
        const map = new PatternMap<true>();
        map.add('game.{room}.{side}.*', true);
        const found = map.find(name)?.params;
        expect(found?.get('room')).toBe(encodeNamePart(room));
        expect(found?.get('side')).toBe(encodeNamePart(side));
        expect(name.split('.')).toHaveLength(3 + rest.length);
        expect(name.length > 164 || isChannelName(name)).toBe(true);
      }),
    );
  });

  it('are encoded as the ids of users are, so that different ones give different names', () => {
    fc.assert(
      fc.property(text, text, (one, other) => {
        expect(`user.${encodeNamePart(one)}`).toBe(userChannel(one));
        expect(encodeNamePart(one) === encodeNamePart(other)).toBe(one === other);
      }),
    );
    expect(encodeNamePart('a-b_c@1')).toBe('a-b_c@1');
    expect(encodeNamePart('a.b c/é€😀\n')).toBe('a=2Eb=20c=2F=C3=A9=E2=82=AC=F0=9F=98=80=0A');
  });

  it('never give one name for two texts, also where these have lone surrogates', () => {
    fc.assert(
      fc.property(anyText, anyText, (one, other) => {
        for (const nameOf of [encodeNamePart, userChannel]) expect(nameOf(one) === nameOf(other)).toBe(one === other);
        expect(isChannelName(channelNameOf('chat.{room}', { room: one }))).toBe(one.isWellFormed());
        expect(isChannelName(userChannel(one))).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('are refused on both sides where they are no text that can be written as UTF-8', async () => {
    const { realtime, client } = await startStage(zodContract);
    for (const roomId of ['\ud800', 'a\udfff', '\udc00\ud800']) {
      expect(() => realtime.channel('chat.{roomId}', { roomId })).toThrow(badName());
      expect(() => client().channel('chat.{roomId}', { roomId })).toThrow(badName());
    }
    expect(realtime.channel('chat.{roomId}', { roomId: '\u{1f600}' }).name).toBe('chat.=F0=9F=98=80');
  });

  it('mean the same channel on both sides', async () => {
    const { realtime, client } = await startStage(zodContract);
    const roomId = 'a room. with {every} thing*/é';
    const heard = await listen(client().channel('chat.{roomId}', { roomId }));
    await realtime.channel('chat.{roomId}', { roomId }).broadcast('typing.started', { since: 1 });
    expect(await heard.next()).toEqual(['typing.started', { since: 1 }]);
    expect(realtime.channel('files.*', { '*': ['a.b', 2] }).name).toBe('files.a=2Eb.2');
  });

  it('are one part each, where the compiler did not see that they are lists or missing', async () => {
    const { realtime, client } = await startStage(zodContract);
    const list = { roomId: ['1', 'secret'] } as never;
    expect(realtime.channel('chat.{roomId}', list).name).toBe('chat.1=2Csecret');
    expect(client().channel('chat.{roomId}', list).channel).toBe('chat.1=2Csecret');
    const missing = (named: string): unknown => badName(expect.stringContaining(`needs the param "${named}"`));
    expect(() => realtime.channel('chat.{roomId}', { roomId: null } as never)).toThrow(missing('roomId'));
    expect(() => realtime.channel('files.*', {} as never)).toThrow(missing('*'));
    expect(() => realtime.channel('files.*', { '*': ['a', undefined] } as never)).toThrow(missing('*'));
    for (const params of [{}, { roomId: null }, undefined] as never[]) {
      expect(() => client().channel('chat.{roomId}', params)).toThrow(badName());
    }
    expect(() => client().channel('files.*', { '*': ['a', undefined] } as never)).toThrow(badName());
  });

  it('work without a contract', () => {
    const client = new RealtimeClient('http://localhost');
    const subscription = client.channel('chat.{roomId}', { roomId: 'a b' });
    expect(subscription.channel).toBe('chat.a=20b');
    expect(() => client.channel('chat.{roomId}', {} as { roomId: string })).toThrow(badName());
    client.close();
  });
});
