import type { IncomingMessage, ServerResponse } from 'node:http';
import type { NodeStats } from '../stats.ts';
import { answerJson } from './answer.ts';
import type { ApiKey } from './api-key.ts';

/** `GET …/stats`: what the node does at the moment, for those who have the API key. */
export class StatsRoute {
  readonly #key: ApiKey;
  readonly #stats: () => NodeStats;

  constructor(key: ApiKey, stats: () => NodeStats) {
    this.#key = key;
    this.#stats = stats;
  }

  handle(req: IncomingMessage, res: ServerResponse): void {
    this.#key.check(req);
    answerJson(res, 200, this.#stats());
  }
}
