import type { Member } from '@rt/core';

type Frame = readonly [type: string, ...fields: unknown[]];
type Row = readonly [id: string, info: Member['info'], connectedAt: number];
interface RosterValue {
  readonly version: number;
  readonly count: number;
  readonly members: readonly Row[] | null;
}

/** What a client knows of one channel's members, by the frames it got and nothing else. Throws where one does not fit. */
export class RosterCopy {
  readonly channel: string;
  version = -1;
  count = 0;
  /** `undefined` while only the count is known. */
  members: Map<string, Member> | undefined;

  constructor(channel: string) {
    this.channel = channel;
  }

  receive([type, ...fields]: Frame): void {
    if (type === 'sub' && fields[1] === this.channel) this.take(fields[4] as RosterValue);
    if (type === 'pres' && fields[0] === this.channel) this.#apply(fields);
  }

  take({ version, count, members }: RosterValue): void {
    this.version = version;
    this.count = count;
    this.members = members === null ? undefined : new Map(members.map((row) => [row[0], memberOf(row)]));
    this.#check();
  }

  /** The members in the order of their ids. */
  get sorted(): readonly Member[] | undefined {
    return this.members && sortedById([...this.members.values()]);
  }

  #apply(fields: readonly unknown[]): void {
    const [, version, joined, left, updated, count] = fields as [
      string,
      number,
      Row[],
      string[],
      [string, {}][],
      number,
    ];
    if (version !== this.version + 1) throw new Error(`version ${version} came after ${this.version}`);
    this.version = version;
    this.count = count;
    if (joined.length + left.length + updated.length === 0) {
      this.members = undefined;
      return;
    }
    this.members ??= new Map();
    for (const id of left) if (!this.members.delete(id)) throw new Error(`${id} left and was not there`);
    for (const row of joined) this.members.set(row[0], memberOf(row));
    for (const [id, info] of updated) {
      const member = this.members.get(id);
      if (member === undefined) throw new Error(`${id} was updated and is not there`);
      this.members.set(id, { ...member, info });
    }
    this.#check();
  }

  #check(): void {
    if (this.members !== undefined && this.members.size !== this.count) {
      throw new Error(`${this.count} members are said to be there, and ${this.members.size} are known`);
    }
  }
}

export function sortedById(members: readonly Member[]): readonly Member[] {
  return members.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

function memberOf([id, info, connectedAt]: Row): Member {
  return { id, info, connectedAt };
}
