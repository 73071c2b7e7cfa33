import { channelNameOf, channelNameProblem, RealtimeError } from '@rt/protocol';
import type { NamePart } from '@rt/protocol';

/** The channel that the application means by a name, or by a pattern and its params. Throws `BAD_NAME`, also for a missing param. */
export function givenChannel(
  pattern: string,
  params: Readonly<Record<string, NamePart | readonly NamePart[] | undefined>> | undefined,
): string {
  if (params !== undefined) {
    for (const [part, name = part] of pattern.matchAll(/\{(\w+)\}|\*$/g)) {
      if ((params[name] ?? undefined) === undefined)
        throw new RealtimeError('BAD_NAME', `"${pattern}" needs the param "${name}"`);
    }
  }
  const name = params === undefined ? pattern : channelNameOf(pattern, params as Parameters<typeof channelNameOf>[1]);
  const problem = channelNameProblem(name);
  if (problem !== undefined) throw new RealtimeError('BAD_NAME', problem);
  return name;
}
