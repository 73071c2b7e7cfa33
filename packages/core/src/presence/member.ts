import type { JsonValue } from '@rt/protocol';

/** What the others see of a member: JSON that the server decided on or accepted. */
export type MemberInfo = Readonly<Record<string, JsonValue>>;

/** One user who is present in a channel, however many connections they have. */
export interface Member<Info = MemberInfo> {
  /** The user's id, as `authenticate` said. */
  readonly id: string;
  readonly info: Info;
  /** When the user joined, in milliseconds since 1970. */
  readonly connectedAt: number;
}

/** What happened to a member. */
export interface MemberChange {
  readonly event: 'joined' | 'left' | 'updated';
  readonly member: Member;
}
