/** What the `{name}` parts of a pattern match: `'private-chat.{chatId}'` gives `{ chatId: string }`. */
export type PatternParams<Text extends string> = string extends Text
  ? Readonly<Record<string, string>>
  : { readonly [Name in ParamNames<Text>]: string };

type ParamNames<Text extends string> = Text extends `${infer Part}.${infer Rest}`
  ? NameOf<Part> | ParamNames<Rest>
  : NameOf<Text>;

type NameOf<Part extends string> = Part extends `{${infer Name}}` ? Name : never;
