/** What else a test needs to be different. */
export type ConfigChange = (config: string) => string;

/** What a test changes in a configuration of docs/deploy: addresses, and who is next. */
export interface ProxyChanges {
  readonly listen: readonly [find: RegExp, replace: string];
  readonly balance: readonly [find: RegExp, replace: string];
  /** The address of the node at `index`. */
  readonly node: (index: number) => RegExp;
  readonly ports: readonly number[];
}

/**
 * A configuration of docs/deploy for nodes at `ports`, one request to each in turn: the hardest case for sessions of
 * several requests. Everything else stays as people copy it.
 */
export function roundRobin(config: string, { listen, balance, node, ports }: ProxyChanges): string {
  const changes = [listen, balance, ...ports.map((port, index) => [node(index), `127.0.0.1:${port}`] as const)];
  return changes.reduce((text, [find, replacement]) => {
    if (!find.test(text)) throw new Error(`the configuration has no ${find.source} any more`);
    return text.replace(find, replacement);
  }, config);
}
