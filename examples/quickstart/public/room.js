import { MessageList } from './message-list.js';
import { People } from './people.js';
import { TypingLine } from './typing-line.js';

/** What a channel name may hold, after `room.`. */
const NAME = /^[A-Za-z0-9_\-=@,.;:]{1,40}$/;

export const isRoomName = (name) => NAME.test(name);

/** The room in the page's address: `#lobby`. */
export function roomInAddress() {
  const name = location.hash.slice(1);
  return isRoomName(name) ? name : 'lobby';
}

/** One room: a channel, what was said in it, who is typing, and beside it a presence channel: who is there. */
export class Room {
  #client;
  #ownId;
  #channel;
  #seen = new Set();
  #list = new MessageList();
  #typing = new TypingLine();
  #subscription;
  #attendance;
  #people;

  /** `ownId` is this tab's user. */
  constructor(client, name, ownId) {
    this.name = name;
    this.#client = client;
    this.#ownId = ownId;
    this.#channel = `room.${name}`;
  }

  /** Shows the room and listens to its channels. */
  enter() {
    this.#list.show();
    // The newest messages first; after a reconnect the client asks for what it missed by itself.
    const subscription = this.#client.subscribe(this.#channel, { last: 50 });
    subscription.on('message.sent', (data, message) => {
      // Who leaves a room and comes back asks for its newest messages again.
      if (this.#seen.has(message.id)) return;
      this.#seen.add(message.id);
      const { name, text } = read(data);
      this.#typing.stopped(name);
      // Before it was loaded again, this tab may have sent it. The user is the server's word, the name the sender's.
      this.#list.add({ name, text, at: message.at }, message.user?.id === this.#ownId ? 'own' : 'theirs');
    });
    subscription.on('typing.started', (data) => this.#typing.started(read(data).name));
    subscription.lifecycle.on('gap', () =>
      this.#list.addNote('Back again. Some of what others wrote meanwhile is not kept.'),
    );
    subscription.lifecycle.on('refused', (error) => this.#list.addNote(`You can't listen here: ${error.message}`));
    this.#subscription = subscription;
    this.#attendance = this.#client.subscribe(`presence-${this.#channel}`);
    this.#people = new People(this.#attendance.presence, this.#ownId);
  }

  leave() {
    this.#subscription.unsubscribe();
    this.#attendance.unsubscribe();
    this.#people.close();
    this.#typing.clear();
  }

  /** Sends a message. Without a connection the client keeps it and sends it later; the list shows what becomes of it. */
  send(data) {
    // The server passes a message to everybody but its sender, so the sender's own copy is made here.
    this.#list.addAndSend(
      { ...data, at: Date.now() },
      {
        send: () => this.#client.send(this.#channel, 'message.sent', data),
        waits: () => this.#client.state !== 'open',
      },
    );
  }

  /** Others see this name from now on. Waits where there is no connection yet. */
  rename(name) {
    this.#attendance.presence.update({ name }).catch((error) => {
      // The connection went before the answer came; the next one asks again. Anything else means that the room was left.
      if (error.code === 'OUTCOME_UNKNOWN') this.rename(name);
    });
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
