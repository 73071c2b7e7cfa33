import { RealtimeError } from '@rt/protocol';
import type { z } from 'zod';
import type { Cluster } from './cluster.ts';
import { isQuestion, questions } from './questions.ts';
import type { Answers, Input, Output, Question } from './questions.ts';

/** Answers questions about all nodes: this one's answer and, where there is a cluster, those of the others. */
export class Everywhere {
  readonly #local: Answers;
  readonly #nodeId: string;
  /** Absent where this is the only node there can be. */
  cluster: Cluster | undefined;

  constructor(local: Answers, nodeId: string) {
    this.#local = local;
    this.#nodeId = nodeId;
  }

  /** The answer of this node alone. */
  async local<Name extends Question>(name: Name, input: Input<Name>): Promise<Output<Name>> {
    return this.#local[name](input);
  }

  /** The answer of each node that has clients, this one's first. Rejects with `DEADLINE` where one does not answer. */
  async each<Name extends Question>(name: Name, input: Input<Name>): Promise<readonly Output<Name>[]> {
    const others = (await this.cluster?.serving()) ?? [];
    const answers = await Promise.all([
      this.local(name, input),
      ...others.map((node) => this.#askIfThere(node, name, input)),
    ]);
    return answers.filter((answer) => answer !== undefined);
  }

  /** Whether some node says yes: the first yes is the answer. */
  async some(name: 'isOnline', input: Input<'isOnline'>): Promise<boolean> {
    if (await this.#local[name](input)) return true;
    const others = (await this.cluster?.serving()) ?? [];
    const answers = others.map(async (node) => {
      if ((await this.#askIfThere(node, name, input)) !== true) throw new RealtimeError('CANCELLED', 'not there');
    });
    try {
      await Promise.any(answers);
      return true;
    } catch (error) {
      // A no is only right where every node has said it.
      const failed = (error as AggregateError).errors.find(
        (reason) => !(reason instanceof RealtimeError && reason.code === 'CANCELLED'),
      );
      if (failed !== undefined) throw failed;
      return false;
    }
  }

  /**
   * The answer of the node that `connection` is named after, within `answerMs` where the question has no time of its own. Rejects
   * with `UNKNOWN_CONNECTION` where it is not there.
   */
  async at<Name extends Question>(
    connection: string,
    name: Name,
    input: Input<Name>,
    answerMs?: number,
  ): Promise<Output<Name>> {
    const node = connection.slice(0, connection.indexOf('.'));
    if (node === this.#nodeId) return this.#local[name](input);
    if (this.cluster === undefined) throw new RealtimeError('UNKNOWN_CONNECTION', 'no node has this connection');
    return this.#ask(node, name, input, answerMs);
  }

  /** The answer of any one node that has clients; `undefined` where none has. */
  async any<Name extends Question>(name: Name, input: Input<Name>): Promise<Output<Name> | undefined> {
    for (const node of (await this.cluster?.serving()) ?? []) {
      const answer = await this.#askIfThere(node, name, input);
      if (answer !== undefined) return answer;
    }
    return undefined;
  }

  /** Another node asks. */
  async answer(name: string, input: unknown): Promise<unknown> {
    if (!isQuestion(name)) throw new RealtimeError('UNSUPPORTED', 'this node does not know the question');
    const parsed = questions[name].input.safeParse(input);
    if (!parsed.success) throw new RealtimeError('INVALID_DATA', 'the question is not asked as this node knows it');
    const answer = this.#local[name] as (input: unknown) => unknown;
    return answer(parsed.data);
  }

  /** `undefined` where the node has gone meanwhile: then it has nothing any more. */
  async #askIfThere<Name extends Question>(
    node: string,
    name: Name,
    input: Input<Name>,
  ): Promise<Output<Name> | undefined> {
    try {
      return await this.#ask(node, name, input);
    } catch (error) {
      if (error instanceof RealtimeError && error.code === 'UNKNOWN_CONNECTION') return undefined;
      throw error;
    }
  }

  /** Only where there is a cluster. */
  async #ask<Name extends Question>(
    node: string,
    name: Name,
    input: Input<Name>,
    answerMs?: number,
  ): Promise<Output<Name>> {
    const { output: shape, answerMs: usual }: { output: z.ZodType; answerMs: number } = questions[name];
    const output = shape.safeParse(await this.cluster!.ask(node, name, input, answerMs ?? usual));
    if (!output.success) throw new RealtimeError('UNSUPPORTED', 'a node answered what this one can not read');
    return output.data as Output<Name>;
  }
}
