import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPage, root } from './docs-page.ts';
import type { CodeBlock } from './docs-page.ts';

const PAGE = 'docs/from-socket.io.md';

/** What the lines of one side take for granted: declarations, and what makes a lone option (`name: value`) a program. */
interface Side {
  readonly declarations: string;
  readonly option: (line: string) => string;
}

const OURS: Side = {
  declarations: `
    import { broadcast, Realtime } from '@rt/core';
    import type { ClientConnection, InboundMessage, User } from '@rt/core';
    import { redisBroker } from '@rt/broker-redis';
    import { websocket } from '@rt/transport-ws';
    import { RealtimeClient } from '@rt/client';
    import type { Subscription } from '@rt/client';
    import type { Server as HttpServer } from 'node:http';
    declare const realtime: Realtime, client: RealtimeClient, subscription: Subscription;
    declare const connection: ClientConnection, message: InboundMessage, httpServer: HttpServer;
    declare const user: User, data: { text: string }, channel: string, connectionId: string, token: string, q: string, url: string;`,
  option: (line) => `new Realtime({ ${line} });`,
};

const THEIRS: Side = {
  declarations: `
    import { Server } from 'socket.io';
    import type { Socket } from 'socket.io';
    import { createAdapter } from '@socket.io/redis-adapter';
    import type { Server as HttpServer } from 'node:http';
    declare const io: Server, socket: Socket, httpServer: HttpServer, users: Map<string, { id: string }>;
    declare const data: { text: string }, socketId: string, pub: unknown, sub: unknown;`,
  option: (line) => `new Server({ ${line} });`,
};

/**
 * The lines of both columns of the page's tables, and Socket.IO's chat, as programs for the compiler. Not the lines of Socket.IO's client,
 * which is not installed here.
 */
export function socketIoLines(): readonly CodeBlock[] {
  const programs: CodeBlock[] = [];
  let isServer = true;
  for (const [index, row] of readFileSync(join(root, PAGE), 'utf8').split('\n').entries()) {
    if (row.startsWith('## ')) isServer = row === '## Server';
    const [, theirs, ours] = /^\| (.*) \| (.*) \|$/.exec(row) ?? [];
    if (theirs === undefined || ours === undefined) continue;
    if (isServer) programs.push(...programsOf(theirs, THEIRS, index + 1));
    programs.push(...programsOf(ours, OURS, index + 1));
  }
  const chats = readPage(PAGE).blocks.filter(({ language }) => language === 'js');
  return [...programs, ...chats.map(({ code, line }) => program(THEIRS, code, line))];
}

/** Each code span of a cell is a line, but for lone words. */
function programsOf(cell: string, side: Side, line: number): readonly CodeBlock[] {
  const lines = Array.from(cell.matchAll(/`([^`]+)`/g), ([, span = '']) => span).filter((span) => !/^\w+$/.test(span));
  return lines.map((text) => program(side, /^\w+: /.test(text) ? side.option(whole(text)) : `${whole(text)};`, line));
}

/** Something in the place of each `…`: an answer, or a function. */
function whole(text: string): string {
  return text.replaceAll(/(=> |\()…/g, '$1undefined').replaceAll('…', '() => true');
}

/** On one line with what it needs, so that a mistake is told with the line of the page. */
function program({ declarations }: Side, code: string, line: number): CodeBlock {
  return { page: PAGE, line, language: 'ts', words: [], code: `${declarations.replaceAll(/\s*\n\s*/g, ' ')} ${code}` };
}
