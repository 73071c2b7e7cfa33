import { dirname, join } from 'node:path';
import ts from 'typescript';
import { root } from './docs-page.ts';
import type { CodeBlock } from './docs-page.ts';

/** A block as a file that exists only for the compiler. */
interface DocsFile {
  readonly path: string;
  readonly block: CodeBlock;
}

/** Below `tests/`, so that a block may import what the tests depend on: every package of ours, `express`, `ws`. */
const folder = join(root, 'tests', 'docs-blocks');

/**
 * Type-checks `ts` blocks and parses `js` blocks in one program with the repository's own options. A block with
 * `file=contract.ts` is `./contract.ts` to the other blocks of its page. Answers one line a problem: `page:line: what`.
 */
export function compileProblems(blocks: readonly CodeBlock[]): readonly string[] {
  const files = new Map(blocks.map((block, index) => docsFile(block, index)).map((file) => [file.path, file]));
  const options = compilerOptions();
  const program = ts.createProgram([...files.keys()], options, virtualHost(options, files));
  const problems = [...program.getOptionsDiagnostics(), ...program.getGlobalDiagnostics()].map(messageOf);
  for (const { path, block } of files.values()) {
    const source = program.getSourceFile(path);
    if (source === undefined) throw new Error(`${path} is not in the program`);
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    for (const diagnostic of found) {
      const { line } = source.getLineAndCharacterOfPosition(diagnostic.start ?? 0);
      problems.push(`${block.page}:${block.line + line}: ${messageOf(diagnostic)}`);
    }
  }
  return problems;
}

function docsFile(block: CodeBlock, index: number): DocsFile {
  const named = block.words.find((word) => word.startsWith('file='))?.slice('file='.length);
  const name = named ?? `block-${index}.${block.language}`;
  return { path: join(folder, block.page.replaceAll(/[^A-Za-z0-9]/g, '-'), name), block };
}

function compilerOptions(): ts.CompilerOptions {
  const read = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent(read.config, ts.sys, root);
  return {
    ...options,
    allowJs: true,
    checkJs: false,
    // An example ends where the reader goes on: what it made need not be used.
    noUnusedLocals: false,
    noUnusedParameters: false,
    moduleDetection: ts.ModuleDetectionKind.Force,
  };
}

function virtualHost(options: ts.CompilerOptions, files: ReadonlyMap<string, DocsFile>): ts.CompilerHost {
  const host = ts.createCompilerHost(options);
  const folders = new Set([...files.keys()].map((path) => dirname(path)));
  return {
    ...host,
    fileExists: (path) => files.has(path) || host.fileExists(path),
    directoryExists: (path) => folders.has(path) || path === folder || ts.sys.directoryExists(path),
    readFile: (path) => files.get(path)?.block.code ?? host.readFile(path),
    getSourceFile(path, languageVersion, onError) {
      const code = files.get(path)?.block.code;
      if (code === undefined) return host.getSourceFile(path, languageVersion, onError);
      return ts.createSourceFile(path, code, languageVersion, true);
    },
  };
}

function messageOf(diagnostic: ts.Diagnostic): string {
  return ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ');
}
