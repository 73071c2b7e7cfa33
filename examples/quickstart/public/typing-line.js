const SHOWN_MS = 3000;

/** The line that says who is typing. */
export class TypingLine {
  #line = document.getElementById('typing');
  #timers = new Map();

  started(name) {
    clearTimeout(this.#timers.get(name));
    const timer = setTimeout(() => this.stopped(name), SHOWN_MS);
    this.#timers.set(name, timer);
    this.#show();
  }

  stopped(name) {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
    this.#show();
  }

  clear() {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#show();
  }

  #show() {
    const [first, second, ...others] = this.#timers.keys();
    if (first === undefined) this.#line.textContent = '';
    else if (second === undefined) this.#line.textContent = `${first} is typing…`;
    else if (others.length === 0) this.#line.textContent = `${first} and ${second} are typing…`;
    else this.#line.textContent = `${first}, ${second} and ${others.length} more are typing…`;
  }
}
