import { dirname, join } from 'node:path';
import ts from 'typescript';
import { root } from '../tooling/docs-page.ts';

/** What the compiler said of some files. */
export interface TypeCheck {
  /** One line each: `file:line: what`. */
  readonly problems: readonly string[];
  /** How many types it had to work out, and in which time. Everything that the files import is in it. */
  readonly instantiations: number;
  readonly checkMs: number;
}

/** The files that all programs have in common, parsed once. */
const parsed = new Map<string, ts.SourceFile | undefined>();

/** Where files are that exist for the compiler only: what they import is what these tests may import. */
const folder = join(root, 'tests', 'contracts');

/**
 * Type-checks `files` (text by name), or files of this folder (`undefined` as the text), with the options of the repository,
 * as an application that installed the packages: against the declarations that were built, or against the sources.
 */
export function typeCheck(
  files: Readonly<Record<string, string | undefined>>,
  against: 'built' | 'sources' = 'built',
): TypeCheck {
  const texts = new Map(Object.entries(files).map(([name, text]) => [join(folder, name), text]));
  const options = compilerOptions(against);
  const host = ts.createCompilerHost(options);
  const program = ts.createProgram([...texts.keys()], options, {
    ...host,
    fileExists: (path) => texts.has(path) || host.fileExists(path),
    readFile: (path) => texts.get(path) ?? host.readFile(path),
    getSourceFile(path, languageVersion, onError) {
      const text = texts.get(path);
      if (text !== undefined) return ts.createSourceFile(path, text, languageVersion, true);
      const key = `${against} ${path}`;
      if (!parsed.has(key)) parsed.set(key, host.getSourceFile(path, languageVersion, onError));
      return parsed.get(key);
    },
    directoryExists: (path) => path === dirname(folder) || ts.sys.directoryExists(path),
  });
  const startedAt = performance.now();
  const problems = [...texts.keys()].flatMap((path) => {
    const source = program.getSourceFile(path);
    if (source === undefined) throw new Error(`${path} is not in the program`);
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    return found.map((diagnostic) => {
      const { line } = source.getLineAndCharacterOfPosition(diagnostic.start ?? 0);
      const what = ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ');
      return `${path.slice(folder.length + 1)}:${line + 1}: ${what}`;
    });
  });
  return { problems, instantiations: program.getInstantiationCount(), checkMs: performance.now() - startedAt };
}

function compilerOptions(against: 'built' | 'sources'): ts.CompilerOptions {
  const read = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent(read.config, ts.sys, root);
  return against === 'sources' ? options : { ...options, customConditions: [] };
}
