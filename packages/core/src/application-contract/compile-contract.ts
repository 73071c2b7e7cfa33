import type { ApplicationErrors } from '../application-errors.ts';
import type { ParsedOptions } from '../options.ts';
import { ApplicationContract } from './application-contract.ts';
import { ChangedData } from './changed-data.ts';

/** The contract of `options`; `undefined` where there is none, or none for channels. Throws `BAD_OPTION`. */
export function compileContract(options: ParsedOptions, errors: ApplicationErrors): ApplicationContract | undefined {
  const { contract, validateOutgoing, clock, limits, logger } = options;
  if (contract?.channels === undefined) return undefined;
  return new ApplicationContract(contract.channels, {
    clock,
    timeoutMs: limits.decisionTimeoutMs,
    checksOutgoing: validateOutgoing || process.env['NODE_ENV'] !== 'production',
    changedData: validateOutgoing ? undefined : new ChangedData(logger),
    failed: (error, of) => errors.log('a schema of the contract', error, { of }, undefined),
  });
}
