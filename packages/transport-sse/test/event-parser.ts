/** One event, as the HTML standard §9.2.6 reads it. `id` is there where its block has one. */
export interface StreamEvent {
  readonly event: string;
  readonly data: string;
  readonly id?: string;
}

/** Reads a stream of events piece by piece, by nothing but the standard. (A CR LF that is cut in two would be two line ends.) */
export class EventParser {
  #rest = '';
  #event = '';
  #id: string | undefined;
  #data: string[] = [];

  /** The events that end in `text`. */
  read(text: string): readonly StreamEvent[] {
    const lines = (this.#rest + text).split(/\r\n|\n|\r/);
    this.#rest = lines.pop() ?? '';
    return lines.flatMap((line) => this.#readLine(line));
  }

  #readLine(line: string): readonly StreamEvent[] {
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    const name = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (name === 'data') this.#data.push(value);
    else if (name === 'event') this.#event = value;
    else if (name === 'id') this.#id = value;
    return [];
  }

  #dispatch(): readonly StreamEvent[] {
    const event = { event: this.#event || 'message', data: this.#data.join('\n') };
    const [isOne, id] = [this.#data.length > 0, this.#id];
    [this.#event, this.#id, this.#data] = ['', undefined, []];
    return isOne ? [id === undefined ? event : { ...event, id }] : [];
  }
}
