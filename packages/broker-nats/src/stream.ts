import { DiscardPolicy, JetStreamApiCodes, JetStreamApiError, RetentionPolicy, StorageType } from '@nats-io/jetstream';
import type { JetStreamManager, StreamInfo } from '@nats-io/jetstream';
import { replayMsOf } from '@rt/core';
import { RealtimeError } from '@rt/protocol';
import type { Link } from './link.ts';

/** How much longer a stream keeps what nodes read back: an outage of all nodes is no loss until then. */
const OUTAGE_MS = 900_000;
const NANOS = 1_000_000;

/** The default number of partitions. */
export const DEFAULT_PARTITIONS = 4;
/** What clients can come back to, unless told otherwise. */
export const DEFAULT_RETENTION_MS = 600_000;

/** One stream of the log, in JetStream. */
export class Stream {
  readonly name: string;
  readonly subject: string;
  readonly #link: Link;
  readonly #partition: number;

  constructor(link: Link, partition: number) {
    this.#link = link;
    this.#partition = partition;
    this.name = link.names.stream(partition);
    this.subject = link.names.log(partition);
  }

  /** What is stored. Rejects where the stream is not there. */
  info(manager: JetStreamManager): Promise<StreamInfo> {
    return manager.streams.info(this.name);
  }

  /** Makes the stream where it is not there. Rejects with `UNSUPPORTED` where it is one of another kind. */
  async ensure(manager: JetStreamManager): Promise<StreamInfo> {
    const { options } = this.#link;
    const { partitions = DEFAULT_PARTITIONS, retentionMs = DEFAULT_RETENTION_MS, replicas = 1 } = options;
    const description = `rt 1: partition ${this.#partition} of ${partitions}`;
    const maxAge = (replayMsOf(retentionMs) + OUTAGE_MS) * NANOS;
    const storage = options.storage === 'memory' ? StorageType.Memory : StorageType.File;
    let info: StreamInfo;
    try {
      info = await this.info(manager);
    } catch (error) {
      if (!isMissing(error)) throw error;
      // Made by two nodes at once it is made once, as both ask for the same.
      return manager.streams.add({
        name: this.name,
        description,
        subjects: [this.subject],
        retention: RetentionPolicy.Limits,
        discard: DiscardPolicy.Old,
        max_age: maxAge,
        num_replicas: replicas,
        storage,
      });
    }
    const { config } = info;
    const partitionsThere = /^rt 1: partition \d+ of (\d+)$/.exec(config.description ?? '')?.[1];
    if (partitionsThere !== undefined && partitionsThere !== String(partitions)) {
      throw new RealtimeError(
        'UNSUPPORTED',
        `the log in NATS has ${partitionsThere} partitions: set partitions to that, or use another namespace`,
      );
    }
    if (!config.subjects?.includes(this.subject)) {
      throw new RealtimeError(
        'UNSUPPORTED',
        `the stream ${this.name} is not for ${this.subject}: use another namespace`,
      );
    }
    this.#compare('retentionMs', config.max_age / NANOS >= replayMsOf(retentionMs));
    this.#compare('replicas', config.num_replicas === replicas);
    this.#compare('storage', config.storage === storage);
    return info;
  }

  /** A stream that is there is used as it is. */
  #compare(option: string, isAsTold: boolean): void {
    if (isAsTold) return;
    this.#link.warn(
      'a stream in NATS was made with other options: it is used as it is; `nats stream edit` changes it',
      {
        stream: this.name,
        option,
      },
    );
  }
}

/** Whether an error says that there is no such stream. */
function isMissing(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound;
}
