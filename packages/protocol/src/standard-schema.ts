/**
 * A schema of any library that follows Standard Schema, version 1 (https://standardschema.dev): zod, valibot, arktype and
 * others. This is that specification's interface, as far as a contract asks for it.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    /** The library's name. */
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    /** For the compiler only. */
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

/** What a schema says of a value: its output, or what is wrong with it. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** One thing that is wrong. Without a path it is the value as a whole. */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** What a schema takes; `unknown` where it is none. */
export type SchemaInput<Schema> = Member<TypesOf<Schema>, 'input'>;

/** What comes out of a schema, the input with its defaults and transforms; `unknown` where it is none. */
export type SchemaOutput<Schema> = Member<TypesOf<Schema>, 'output'>;

type TypesOf<Schema> = NonNullable<Member<Member<Schema, '~standard'>, 'types'>>;

/** Looked up by name, as the compiler does it faster than it compares structures. */
type Member<Type, Name extends string> = Name extends keyof Type ? Type[Name] : unknown;
