import { MessageView } from './message-view.js';
import { Scroller } from './scroller.js';

/** More than anybody scrolls back, and far from slowing the page. */
const MAX_ITEMS = 300;

const log = document.getElementById('log');
const empty = document.getElementById('empty');
const scroller = new Scroller(document.getElementById('scroller'), log);

/** What was said in one room. */
export class MessageList {
  #list = document.createElement('ol');

  show() {
    log.replaceChildren(this.#list);
    this.#hideEmpty();
    scroller.toEnd();
  }

  /** `side` is `own` or `theirs`. */
  add(message, side) {
    this.#append(new MessageView(message, side).element);
  }

  /** Sends at once, and again when the person asks for it after a failure; see `MessageView.track`. */
  addAndSend(message, delivery) {
    const view = new MessageView(message, 'own');
    this.#append(view.element);
    scroller.toEnd();
    void view.track(delivery);
  }

  addNote(text) {
    const note = document.createElement('li');
    note.className = 'note';
    note.textContent = text;
    this.#append(note);
  }

  #append(item) {
    const { sender } = item.dataset;
    const isSameSender = sender !== undefined && sender === this.#list.lastElementChild?.dataset.sender;
    item.classList.toggle('follows', isSameSender);
    this.#list.append(item);
    if (this.#list.childElementCount > MAX_ITEMS) this.#list.firstElementChild.remove();
    this.#hideEmpty();
  }

  #hideEmpty() {
    empty.hidden = this.#list.childElementCount > 0;
  }
}
