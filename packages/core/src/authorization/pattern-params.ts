/** What the `{name}` parts of a pattern match: `'private-chat.{chatId}'` gives `{ chatId: string }`. */
export type PatternParams<Text extends string> = string extends Text
  ? Readonly<Record<string, string>>
  : Text extends `${infer Part}.${infer Rest}`
    ? PartParams<Part> & PatternParams<Rest>
    : PartParams<Text>;

type PartParams<Part extends string> = Part extends `{${infer Name}}`
  ? { readonly [Key in Name]: string }
  : Readonly<Record<never, string>>;
