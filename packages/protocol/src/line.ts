/**
 * Calls `each` with every LF-separated frame of `text`, in order, until `each` answers `false`.
 * Nothing is split ahead of being used, so 64 Ki line feeds cost what the first empty line costs.
 */
export function eachLine(text: string, each: (line: string) => boolean | void): void {
  let start = 0;
  for (;;) {
    const end = text.indexOf('\n', start);
    if (end === -1) {
      each(start === 0 ? text : text.slice(start));
      return;
    }
    if (each(text.slice(start, end)) === false) return;
    start = end + 1;
  }
}
