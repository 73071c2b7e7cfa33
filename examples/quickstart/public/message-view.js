import { hueOf } from './hue.js';

/** One message. Text from people only ever goes through `textContent`, so none of it becomes HTML. */
export class MessageView {
  element = document.createElement('li');
  #status = part('span', 'status');
  #retry = part('button', 'retry', 'Send again');
  #delivery;

  /** `side` is `own` or `theirs`. */
  constructor({ name, text, at }, side) {
    const time = part('time', '', new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' }));
    time.dateTime = new Date(at).toISOString();
    const foot = part('div', 'foot');
    foot.append(time, this.#status, this.#retry);
    this.element.className = `message ${side}`;
    this.element.dataset.sender = `${side} ${name}`;
    this.element.style.setProperty('--hue', String(hueOf(name)));
    this.element.append(part('span', 'name', name), part('p', 'text', text), foot);
    this.#retry.type = 'button';
    this.#retry.hidden = true;
    this.#retry.addEventListener('click', () => void this.track(this.#delivery));
  }

  /** Sends with `delivery.send()` and shows what becomes of it; `delivery.waits()` tells whether that takes a connection first. */
  async track(delivery) {
    this.#delivery = delivery;
    this.#show('pending', delivery.waits() ? 'waits for the connection' : 'sending…');
    try {
      await delivery.send();
      this.#show('sent', '✓');
    } catch (error) {
      // The connection went between the sending and the answer: nobody here can know.
      const isUnknown = error.code === 'OUTCOME_UNKNOWN';
      this.#show('failed', isUnknown ? 'No answer: it may have arrived.' : `Not sent: ${error.message}`);
    }
  }

  #show(state, words) {
    this.element.dataset.state = state;
    this.#status.textContent = words;
    if (state === 'sent') this.#status.title = 'The server has it';
    this.#retry.hidden = state !== 'failed';
  }
}

function part(tag, className, text = '') {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}
