import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { shortNames } from '../internal-names.ts';

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const internalNames = Object.keys(shortNames.mangleCache);

/** Every member that users of `entries` see: of what these export, and of what is reached from there. */
function publicNames(entries: readonly string[]): Set<string> {
  const program = ts.createProgram([...entries], {
    allowImportingTsExtensions: true,
    customConditions: ['@rt/source'],
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts'],
    module: ts.ModuleKind.NodeNext,
    noEmit: true,
    strict: true,
    target: ts.ScriptTarget.ES2022,
  });
  const checker = program.getTypeChecker();
  const names = new Set<string>();
  const seen = new Set<ts.Type>();

  const visit = (type: ts.Type): void => {
    if (seen.has(type)) return;
    seen.add(type);
    if (type.isUnionOrIntersection()) type.types.forEach(visit);
    // The texts and lists of the language, the objects of the platform.
    if (!type.symbol || !isOurs(type.symbol)) return;
    for (const property of checker.getPropertiesOfType(type)) {
      if (property.name.startsWith('#')) continue;
      names.add(property.name);
      visitSymbol(property);
    }
    for (const signature of [...type.getCallSignatures(), ...type.getConstructSignatures()]) {
      signature.getParameters().forEach(visitSymbol);
      visit(signature.getReturnType());
    }
  };
  const visitSymbol = (symbol: ts.Symbol): void => {
    const at = symbol.valueDeclaration ?? symbol.declarations?.[0];
    if (!at) return;
    visit(checker.getTypeOfSymbolAtLocation(symbol, at));
    if (symbol.flags & (ts.SymbolFlags.TypeAlias | ts.SymbolFlags.Interface | ts.SymbolFlags.Class)) {
      visit(checker.getDeclaredTypeOfSymbol(symbol));
    }
  };
  const isOurs = (symbol: ts.Symbol): boolean =>
    symbol.declarations?.some((declaration) => !program.isSourceFileDefaultLibrary(declaration.getSourceFile())) ??
    false;

  for (const entry of entries) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(entry)!)!;
    for (const exported of checker.getExportsOfModule(module)) {
      const isAlias = exported.flags & ts.SymbolFlags.Alias;
      visitSymbol(isAlias ? checker.getAliasedSymbol(exported) : exported);
    }
  }
  return names;
}

it('shortens no name that users of the client or the protocol see', () => {
  const names = publicNames([
    source('../src/index.ts'),
    source('../src/checks.ts'),
    source('../../protocol/src/index.ts'),
  ]);
  // It has looked: a method of the client, one of a subscription, an option, and a field of a frame.
  expect([...names]).toEqual(expect.arrayContaining(['setToken', 'unsubscribe', 'upgradeAfterMs', 'maxFrameBytes']));
  expect(internalNames.filter((name) => names.has(name))).toEqual([]);
});

it('shortens no name of an object of the platform that the client uses', () => {
  const platform = [
    Array,
    Map,
    Set,
    Promise,
    Error,
    String,
    Number,
    RegExp,
    Uint8Array,
    TextEncoder,
    TextDecoder,
  ].concat([
    URL,
    URLSearchParams,
    AbortController,
    AbortSignal,
    Event,
    EventTarget,
    WebSocket,
    Headers,
    Request,
    Response,
    ReadableStream,
  ] as never[]);
  const names = new Set(platform.flatMap((type) => Object.getOwnPropertyNames(type.prototype)));
  expect(names).toContain('addEventListener');
  expect(internalNames.filter((name) => names.has(name))).toEqual([]);
});

it('gives each name a letter of its own', () => {
  const letters = Object.values(shortNames.mangleCache);
  expect(new Set(letters).size).toBe(internalNames.length);
  expect(letters.filter((letter) => !/^[a-z]$/i.test(letter))).toEqual([]);
});
