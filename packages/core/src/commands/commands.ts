import { serverFrame } from '@rt/protocol';
import type { ClientFrame } from '@rt/protocol';
import type { ClientRequests } from '../connection/client-requests.ts';
import type { Connection } from '../connection/connection.ts';
import type { AuthCommand } from './auth.ts';
import type { CallCommand } from './call.ts';
import type { ConnectCommand } from './connect.ts';
import type { HistoryCommand } from './history.ts';
import type { MembersCommand } from './members.ts';
import type { SendCommand } from './send.ts';
import type { SubscribeCommand } from './subscribe.ts';
import type { UnsubscribeCommand } from './unsubscribe.ts';
import type { UpdateInfoCommand } from './update-info.ts';

const PONG = serverFrame(['pong']);

/** One command for each kind of frame. */
export interface CommandSet {
  readonly connect: ConnectCommand;
  readonly auth: AuthCommand;
  readonly subscribe: SubscribeCommand;
  readonly unsubscribe: UnsubscribeCommand;
  readonly send: SendCommand;
  readonly history: HistoryCommand;
  readonly members: MembersCommand;
  readonly updateInfo: UpdateInfoCommand;
  readonly call: CallCommand;
  /** What clients answer to the server's own questions. */
  readonly clientRequests: ClientRequests;
}

/** Which command a frame is for, and whether this is the time for it: `connect` first and once, the rest after `ready`. */
export class Commands {
  readonly #commands: CommandSet;

  constructor(commands: CommandSet) {
    this.#commands = commands;
  }

  /** Runs a checked frame. Commands answer by themselves and never reject. */
  run(connection: Connection, frame: ClientFrame): void {
    if (connection.state === 'connecting' && frame[0] === 'connect') {
      void this.#commands.connect.run(connection, frame);
    } else if (connection.state === 'open' && frame[0] !== 'connect') {
      this.#runOpen(connection, frame);
    } else {
      const problem = frame[0] === 'connect' ? 'connect comes once' : 'connect comes first, and the rest after ready';
      connection.close('BAD_FRAME', problem);
    }
  }

  #runOpen(connection: Connection, frame: Exclude<ClientFrame, readonly ['connect', ...unknown[]]>): void {
    switch (frame[0]) {
      case 'sub':
        void this.#commands.subscribe.run(connection, frame);
        return;
      case 'unsub':
        this.#commands.unsubscribe.run(connection, frame);
        return;
      case 'send':
        this.#commands.send.run(connection, frame);
        return;
      case 'ping':
        connection.send(PONG);
        return;
      case 'pong':
        // Anything that comes in was counted as a sign of life already.
        return;
      case 'auth':
        void this.#commands.auth.run(connection, frame);
        return;
      case 'history':
        void this.#commands.history.run(connection, frame);
        return;
      case 'members':
        void this.#commands.members.run(connection, frame);
        return;
      case 'pres':
        void this.#commands.updateInfo.run(connection, frame);
        return;
      case 'call':
        void this.#commands.call.run(connection, frame);
        return;
      case 'cancel':
        this.#commands.call.cancel(connection, frame);
        return;
      case 'ok':
        this.#commands.clientRequests.answered(connection, frame[1], frame[2]);
        return;
      case 'err':
        this.#commands.clientRequests.refused(connection, frame[1], { code: frame[2], message: frame[3] });
    }
  }
}
