import { MessageList } from './message-list.js';
import { TypingLine } from './typing-line.js';

/** What a channel name may hold, after `room.`. */
const NAME = /^[A-Za-z0-9_\-=@,.;:]{1,40}$/;

export const isRoomName = (name) => NAME.test(name);

/** The room in the page's address: `#lobby`. */
export function roomInAddress() {
  const name = location.hash.slice(1);
  return isRoomName(name) ? name : 'lobby';
}

/** One room: a channel, what was said in it, and who is typing. */
export class Room {
  #client;
  #channel;
  #list = new MessageList();
  #typing = new TypingLine();
  #subscription;

  constructor(client, name) {
    this.name = name;
    this.#client = client;
    this.#channel = `room.${name}`;
  }

  /** Shows the room and listens to its channel. */
  enter() {
    this.#list.show();
    // The newest messages first; after a reconnect the client asks for what it missed by itself.
    const subscription = this.#client.subscribe(this.#channel, { last: 50 });
    this.#subscription = subscription;
    subscription.on('message.sent', (data, message) => {
      const { name, text } = read(data);
      this.#typing.stopped(name);
      this.#list.addTheirs({ name, text, at: message.at });
    });
    subscription.on('typing.started', (data) => this.#typing.started(read(data).name));
    subscription.lifecycle.on('gap', () =>
      this.#list.addNote('Back again. Some of what others wrote meanwhile is not kept.'),
    );
    subscription.lifecycle.on('refused', (error) => this.#list.addNote(`You can't listen here: ${error.message}`));
  }

  leave() {
    this.#subscription.unsubscribe();
    this.#typing.clear();
  }

  /** Sends a message. Without a connection the client keeps it and sends it later; the list shows what becomes of it. */
  send(data) {
    // The server passes a message to everybody but its sender, so the sender's own copy is made here.
    this.#list.addOwn(
      { ...data, at: Date.now() },
      {
        send: () => this.#client.send(this.#channel, 'message.sent', data),
        waits: () => this.#client.state !== 'open',
      },
    );
  }

  /** Volatile: worth nothing later, so it is neither answered nor kept, and dropped where there is no connection. */
  tellTyping(name) {
    if (this.#client.state !== 'open') return;
    void this.#client.send(this.#channel, 'typing.started', { name }, { volatile: true });
  }
}

/** Everybody may send everything: what arrives is checked like any other input. */
function read(data) {
  const { name, text } = Object(data);
  return { name: textOf(name, 30) || 'Somebody', text: textOf(text, 2000) };
}

function textOf(value, length) {
  return typeof value === 'string' ? value.slice(0, length) : '';
}
