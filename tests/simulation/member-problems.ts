import type { SimClient } from './sim-client.ts';
import type { SimNode } from './sim-node.ts';

/** Where nodes and clients differ about who is in `channel`: from each other, or from who has it. */
export async function memberProblems(
  channel: string,
  nodes: readonly SimNode[],
  clients: readonly SimClient[],
): Promise<string[]> {
  const present = clients.filter(({ confirmed }) => confirmed.has(channel));
  const truth = textOf(new Set(present.map(({ user }) => user!)));
  const problems: string[] = [];
  const views = new Map<string, string[]>();
  const add = (view: string, who: string): void => void views.set(view, [...(views.get(view) ?? []), who]);
  for (const [index, node] of nodes.entries()) {
    const members = await node.realtime.channel(channel).members();
    const seen = textOf(members.map(({ id }) => id));
    if (seen !== truth) problems.push(`node ${index} has the members ${seen}, there are ${truth}`);
    add(textOf(members.map(({ id, info }) => JSON.stringify([id, info]))), `node ${index}`);
  }
  for (const { name, rosters } of present) {
    const members = [...(rosters.get(channel)?.members.values() ?? [])];
    const seen = textOf(members.map(([id]) => id));
    if (seen !== truth) problems.push(`${name} was told of the members ${seen}, there are ${truth}`);
    add(textOf(members.map(([id, info]) => JSON.stringify([id, info]))), name);
  }
  if (problems.length === 0 && views.size > 1) {
    problems.push(
      `different views of the members: ${[...views].map(([view, who]) => `${textOf(who)}: ${view}`).join('; ')}`,
    );
  }
  return problems;
}

function textOf(names: Iterable<string>): string {
  return [...names].sort().join(' ');
}
