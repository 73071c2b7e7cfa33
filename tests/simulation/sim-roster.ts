type MemberText = readonly [id: string, info: unknown, connectedAt: number];

/** The members of one presence channel as docs/protocol.md says that a client keeps them. */
export class SimRoster {
  readonly members = new Map<string, MemberText>();
  #version = 0;

  /** A roster of the server, as of a version. */
  replace(roster: { readonly version: number; readonly members: readonly MemberText[] | null }): void {
    this.#version = roster.version;
    this.members.clear();
    for (const member of roster.members ?? []) this.members.set(member[0], member);
  }

  /** Applies the next version. `false`: one before it is missing. */
  change(frame: readonly unknown[]): boolean {
    const [, , version, joined, left, updated] = frame as [
      'pres',
      string,
      number,
      readonly MemberText[],
      readonly string[],
      readonly (readonly [id: string, info: unknown])[],
    ];
    if (version <= this.#version) return true;
    if (version > this.#version + 1) return false;
    this.#version = version;
    for (const id of left) this.members.delete(id);
    for (const member of joined) this.members.set(member[0], member);
    for (const [id, info] of updated) {
      const known = this.members.get(id);
      if (known !== undefined) this.members.set(id, [id, info, known[2]]);
    }
    return true;
  }
}
