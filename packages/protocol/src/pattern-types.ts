import type { NamePart } from './name-part.ts';

/** What the `{name}` parts of a pattern match: `'private-chat.{chatId}'` gives `{ chatId: string }`. */
export type PatternParams<Text extends string> = string extends Text
  ? Readonly<Record<string, string>>
  : { readonly [Name in ParamNames<Text>]: string };

/**
 * What makes a channel of a pattern: its `{name}` parts, and under `'*'` what stands for that where it ends with one: one
 * part, or several in a list.
 */
export type ChannelParams<Text extends string> = string extends Text
  ? Readonly<Record<string, NamePart | readonly NamePart[]>>
  : { readonly [Name in ParamNames<Text>]: NamePart } & (Text extends `${string}*`
      ? { readonly '*': NamePart | readonly NamePart[] }
      : unknown);

type ParamNames<Text extends string> = Text extends `${infer Part}.${infer Rest}`
  ? NameOf<Part> | ParamNames<Rest>
  : NameOf<Text>;

type NameOf<Part extends string> = Part extends `{${infer Name}}` ? Name : never;

/**
 * The most specific of `Patterns` that matches the literal `Name`; `never` where none does. The rules are those of
 * `PatternMap`, which does the same at run time.
 */
export type MatchPattern<Patterns extends string, Name extends string> = MostSpecific<
  Matching<Candidates<PatternIndex<Patterns>, Name>, Name>
>;

/** Whether each `Name` is a literal: not `string`, and no template with a part that is known at run time only. */
export type IsLiteral<Name extends string> = Name extends Name
  ? // oxlint-disable-next-line typescript/no-generated-empty-object-type -- only what asks for no property takes it
    Record<never, never> extends Readonly<Record<Name, 1>>
    ? false
    : true
  : never;

/**
 * The patterns under what their names look like, `` `chat.${string}` ``: made once for a contract, and looked up by the
 * compiler itself, which takes it no time where comparing one pattern after the other would. Each is a key of its value,
 * so that of several that a name looks like none gets lost; none looks like any string, which would count only where no other does.
 */
type PatternIndex<Patterns extends string> = {
  readonly [Text in Patterns as `:${Template<Text>}`]: { readonly [Key in Text]: 1 };
};

type Template<Text extends string> = Text extends `${infer Before}{${string}}${infer After}`
  ? `${Before}${string}${Template<After>}`
  : Text extends `${infer Before}*`
    ? `${Before}${string}`
    : Text;

/** Those that `Name` looks like. It may have more parts than they, or empty ones. */
type Candidates<Index, Name extends string> = `:${Name}` extends keyof Index ? KeysOf<Index[`:${Name}`]> : never;
type KeysOf<Rows> = Rows extends Rows ? keyof Rows & string : never;

type Matching<Patterns extends string, Name extends string> = Patterns extends Patterns
  ? Matches<Patterns, Name> extends true
    ? Patterns
    : never
  : never;

type Matches<Pattern extends string, Name extends string> = Pattern extends `${infer Part}.${infer PatternRest}`
  ? Name extends `${infer Piece}.${infer NameRest}`
    ? MatchesPart<Part, Piece> extends true
      ? Matches<PatternRest, NameRest>
      : false
    : false
  : Pattern extends `${infer Prefix}*`
    ? // An `infer` before another one is exactly one character: at least one has to be left.
      Name extends `${Prefix}${infer _First}${infer _Others}`
      ? true
      : false
    : Name extends `${string}.${string}`
      ? false
      : MatchesPart<Pattern, Name>;

type MatchesPart<Part extends string, Piece extends string> = Part extends `{${string}}`
  ? Piece extends ''
    ? false
    : true
  : Piece extends Part
    ? true
    : false;

/** Of patterns that all match one name. */
type MostSpecific<Pattern extends string, All extends string = Pattern> = Pattern extends Pattern
  ? true extends Beats<All, Pattern>
    ? never
    : Pattern
  : never;

/** Whether `One` is more specific than `Other`, part by part from the left. Both match the same name. */
type Beats<One extends string, Other extends string> = One extends `${infer Part}.${infer Rest}`
  ? Other extends `${infer OtherPart}.${infer OtherRest}`
    ? IsParam<Part> extends IsParam<OtherPart>
      ? Beats<Rest, OtherRest>
      : IsParam<OtherPart>
    : // The other one ends here, so with a `*`.
      true
  : Other extends `${string}.${string}`
    ? false
    : One extends `${infer Prefix}*`
      ? Other extends `${infer OtherPrefix}*`
        ? Prefix extends `${OtherPrefix}${infer _First}${infer _Others}`
          ? true
          : false
        : false
      : Other extends `${string}*`
        ? true
        : IsParam<One> extends true
          ? false
          : IsParam<Other>;

type IsParam<Part extends string> = Part extends `{${string}}` ? true : false;
