import { channelNameOf, channelNameProblem, RealtimeError } from '@rt/protocol';

/** The channel that the application means by a name, or by a pattern and its params. Throws `BAD_NAME`, also for a missing param. */
export function givenChannel(pattern: string, params: Parameters<typeof channelNameOf>[1]): string {
  const name = channelNameOf(pattern, params);
  const problem = channelNameProblem(name);
  if (problem === undefined) return name;
  const [part, missing = part] = /\{(\w+)\}|\*$/.exec(name) ?? [];
  throw new RealtimeError('BAD_NAME', missing === undefined ? problem : `"${pattern}" needs the param "${missing}"`);
}
