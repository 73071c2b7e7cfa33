import type { Broker, BrokerFinding, BrokerReport } from '@rt/core';
import { messageOf } from '../command-error.ts';
import type { ChosenBroker } from '../plugs.ts';
import { withVerdict } from './diagnosis.ts';
import type { Diagnosis, RoundTrips, Survival } from './diagnosis.ts';
import { busRoundTrips, logRoundTrips } from './round-trips.ts';
import { TrialNode } from './trial-node.ts';
import { tryBus, tryOneOrder, tryPublishingOnce, tryReading } from './trials.ts';

/** Time for one trial. Far above what any broker that is well needs. */
const TRIAL_MS = 10_000;
const NO_OTHER = 'there is no other node';
const READY_MADE = 'not tried with a second node: the config has one ready-made broker; write () => …';

/** Makes the broker of one more node, each time it is called. `undefined`: there is no other than the first. */
export type MakeAnother = () => Promise<Broker | undefined>;

/** Finds out what a broker can promise, by trying, and what its service tells. Rejects with why it can't be used. */
export async function examine({ broker, about }: ChosenBroker, another: MakeAnother): Promise<Diagnosis> {
  const examination = new Examination(await TrialNode.start(broker), another);
  try {
    return await examination.run(about);
  } finally {
    await examination.end();
  }
}

class Examination {
  readonly #first: TrialNode;
  readonly #another: MakeAnother;
  readonly #nodes: TrialNode[];
  readonly #findings: BrokerFinding[] = [];
  readonly #survives: Survival[] = [];
  /** Nothing came in time: whoever asks on waits in vain. */
  #isSilent = false;

  constructor(first: TrialNode, another: MakeAnother) {
    this.#first = first;
    this.#nodes = [first];
    this.#another = another;
  }

  async run(about: string): Promise<Diagnosis> {
    const report = await this.#report();
    const first = this.#first;
    const second = await this.#start();
    if (first.broker.isAlone) this.#findings.push(ALONE);
    await this.#tryWithTwo('a message goes to another node', second, (other) => tryBus(first, other), 'in order');
    const bus = await this.#measure(() => busRoundTrips(first, second ?? first));
    let log: RoundTrips | undefined;
    if (first.broker.log === undefined) {
      this.#survives.push({ event: 'a client comes back', outcome: 'lost', detail: 'there is no history' });
      // The broker knows better why that is so.
      const isTold = [...(report?.findings ?? []), ...this.#findings].some(({ severity }) => severity === 'problem');
      if (!isTold) this.#findings.push(NO_LOG);
    } else {
      await this.#tryLog(first, second);
      log = await this.#measure(() => logRoundTrips(first, second ?? first));
      await this.#tryWithTwo('a node is stopped or dies', second, (other) =>
        tryReading(first, () => this.#replace(first, other)),
      );
      if (report !== undefined)
        this.#survives.push({ event: 'the broker is killed and started again', ...report.restart });
    }
    const warnings = this.#nodes.flatMap((node) => node.warnings);
    return withVerdict({
      broker: about,
      ...(report === undefined ? {} : { service: report.service, shape: report.shape }),
      survives: this.#survives,
      roundTrips: { ...(bus && { bus }), ...(log && { log }) },
      findings: [...(report?.findings ?? []), ...this.#findings, ...withoutRepeats(warnings)],
    });
  }

  async end(): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.close()));
  }

  async #tryLog(first: TrialNode, second: TrialNode | undefined): Promise<void> {
    const other = second ?? first;
    await this.#try("a client's connection drops", () => tryReading(first, async () => first));
    await this.#tryWithTwo('a client comes to another node', second, (node) => tryReading(first, async () => node));
    await this.#try('two publish at the same time', () => tryOneOrder(first, other), 'in one order');
    await this.#try('a message is published twice', () => tryPublishingOnce(first, other), 'once, by its id');
  }

  /** What the service tells; that it does not is found out without stopping here. */
  async #report(): Promise<BrokerReport | undefined> {
    const { broker } = this.#first;
    try {
      return broker.inspect && (await inTime(broker.inspect()));
    } catch (error) {
      const what = `it could not be asked about itself: ${messageOf(error)}`;
      this.#findings.push({ severity: 'unknown', what, remedy: 'See to its persistence and its memory yourself' });
      return undefined;
    }
  }

  /** One more node, where the broker can have one. */
  async #start(): Promise<TrialNode | undefined> {
    if (this.#first.broker.isAlone) return undefined;
    const broker = await this.#another();
    if (broker === undefined) return undefined;
    const node = await TrialNode.start(broker);
    this.#nodes.push(node);
    return node;
  }

  /** Ends every node there is, and starts one that knows nothing of them. */
  async #replace(...nodes: readonly TrialNode[]): Promise<TrialNode> {
    await Promise.all(nodes.map((node) => node.close()));
    const next = await this.#start();
    if (next === undefined) throw new Error('there is no other node');
    return next;
  }

  async #tryWithTwo(
    event: string,
    second: TrialNode | undefined,
    trial: (second: TrialNode) => Promise<void>,
    detail = '',
  ): Promise<void> {
    if (second !== undefined) await this.#try(event, () => trial(second), detail);
    else if (this.#first.broker.isAlone) this.#survives.push({ event, outcome: 'lost', detail: NO_OTHER });
    else this.#survives.push({ event, outcome: 'unknown', detail: READY_MADE });
  }

  async #try(event: string, trial: () => Promise<void>, detail = ''): Promise<void> {
    if (this.#isSilent) {
      this.#survives.push({ event, outcome: 'unknown', detail: 'not tried' });
      return;
    }
    try {
      await inTime(trial());
      this.#survives.push({ event, outcome: 'kept', detail });
    } catch (error) {
      this.#isSilent = error instanceof LateError;
      this.#survives.push({ event, outcome: 'lost', detail: messageOf(error) });
    }
  }

  /** Absent where what is measured does not work, which the trial before has told. */
  async #measure(measuring: () => Promise<RoundTrips>): Promise<RoundTrips | undefined> {
    // Within one process there is nothing to measure.
    if (this.#isSilent || this.#first.broker.isAlone) return undefined;
    return inTime(measuring()).catch(() => undefined);
  }
}

const ALONE: BrokerFinding = {
  severity: 'problem',
  what: 'this broker reaches no other server, and what it keeps ends with this one',
  remedy: 'Choose one that does with --broker or in the config, for instance redis',
};

const NO_LOG: BrokerFinding = {
  severity: 'problem',
  what: 'this broker keeps nothing: no channel has a history',
  remedy: 'Choose another with --broker or in the config, for instance redis',
};

class LateError extends Error {
  override readonly name = 'LateError';
}

async function inTime<Answer>(promise: Promise<Answer>): Promise<Answer> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new LateError(`no answer within ${TRIAL_MS / 1000} s`)), TRIAL_MS);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Every node of one service warns of the same. */
function withoutRepeats(findings: readonly BrokerFinding[]): readonly BrokerFinding[] {
  return [...new Map(findings.map((finding) => [finding.what, finding])).values()];
}
