import { z } from 'zod';

const schemaOfAnyLibrary = z.custom<object>(isStandardSchema, 'a schema of a library that follows Standard Schema 1');
const schemas = z.record(z.string(), schemaOfAnyLibrary);

/** The shape of the option `contract`. What its channels' patterns and events may be called is seen to later. */
export const contractOption = z.strictObject({
  channels: z
    .record(
      z.string(),
      z.strictObject({
        events: schemas.optional(),
        send: schemas.optional(),
        presence: schemaOfAnyLibrary.optional(),
        examples: z.record(z.string(), z.unknown()).optional(),
      }),
    )
    .optional(),
  methods: z
    .record(z.string(), z.strictObject({ input: schemaOfAnyLibrary.optional(), output: schemaOfAnyLibrary.optional() }))
    .optional(),
});

/** Some libraries' schemas are functions. */
function isStandardSchema(value: unknown): boolean {
  if ((typeof value !== 'object' || value === null) && typeof value !== 'function') return false;
  const standard: unknown = Reflect.get(value, '~standard');
  if (typeof standard !== 'object' || standard === null) return false;
  return Reflect.get(standard, 'version') === 1 && typeof Reflect.get(standard, 'validate') === 'function';
}
