import { hueOf } from './hue.js';

/** How long it is shown that somebody joined or left. */
const NEWS_MS = 3000;

const list = document.getElementById('people');
const total = document.getElementById('people-count');

/** Shows who is in one room, and who has just come or gone. */
export class People {
  #presence;
  #ownId;
  /** Who joined or left a moment ago, by id. */
  #news = new Map();

  constructor(presence, ownId) {
    this.#presence = presence;
    this.#ownId = ownId;
    presence.on('joined', (member) => this.#tell(member, 'joined'));
    presence.on('left', (member) => this.#tell(member, 'left'));
    presence.on('updated', () => this.#show());
    presence.on('sync', () => this.#show());
    this.#show();
  }

  /** The room is left. */
  close() {
    for (const { timer } of this.#news.values()) clearTimeout(timer);
  }

  #tell(member, words) {
    clearTimeout(this.#news.get(member.id)?.timer);
    const forget = () => {
      this.#news.delete(member.id);
      this.#show();
    };
    this.#news.set(member.id, { member, words, timer: setTimeout(forget, NEWS_MS) });
    this.#show();
  }

  #show() {
    // In a large room the server tells the count only, and `members` is empty.
    const { members, count } = this.#presence;
    const isOwn = ({ id }) => id === this.#ownId;
    const others = members.filter((member) => !isOwn(member));
    const gone = [...this.#news.values()].filter(({ words }) => words === 'left').map(({ member }) => member);
    // The latest come first, where they are seen: a phone shows three or so.
    const shown = [...members.filter(isOwn), ...gone, ...others.toReversed()];
    list.replaceChildren(
      ...shown.map((member) => chip(member, isOwn(member) ? 'you' : this.#news.get(member.id)?.words)),
    );
    total.textContent = count === 0 ? '' : `${count} here`;
  }
}

function chip({ info }, words = '') {
  const name = String(info.name);
  const item = document.createElement('li');
  item.className = `person ${words}`;
  item.style.setProperty('--hue', String(hueOf(name)));
  item.append(part('span', name));
  if (words !== '') item.append(' ', part('small', words));
  return item;
}

function part(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}
