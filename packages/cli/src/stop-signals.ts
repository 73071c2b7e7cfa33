/** One Ctrl-C under npm or `node --watch` arrives twice: from the terminal, and passed on by the parent. */
const SAME_KEY_PRESS_MS = 250;

/** SIGINT and SIGTERM, from now on instead of the end of the process. */
export class StopSignals {
  /** The first of them. */
  readonly first: Promise<NodeJS.Signals>;
  /** The next one: somebody does not want to wait. */
  readonly second: Promise<NodeJS.Signals>;

  constructor() {
    const first = Promise.withResolvers<NodeJS.Signals>();
    const second = Promise.withResolvers<NodeJS.Signals>();
    let pressedAt = Number.NEGATIVE_INFINITY;
    let stopping = false;
    const onSignal = (signal: NodeJS.Signals): void => {
      if (!stopping) {
        stopping = true;
        if (signal === 'SIGINT') pressedAt = performance.now();
        first.resolve(signal);
      } else if (signal !== 'SIGINT' || performance.now() - pressedAt > SAME_KEY_PRESS_MS) {
        second.resolve(signal);
      }
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
    this.first = first.promise;
    this.second = second.promise;
  }
}
