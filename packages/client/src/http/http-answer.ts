/** An answer that arrived whole. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Whether the same request may be answered better a moment later: by another node, or by the same one. */
export function isPassing({ status }: HttpAnswer): boolean {
  return status >= 500 || status === 408 || status === 429;
}

/**
 * The `err` frame for an opening that the server refused; `undefined` where it said nothing: a proxy answered,
 * or there is no such transport here.
 */
export function refusalIn({ status, text }: Omit<HttpAnswer, 'headers'>): string | undefined {
  if ([404, 405, 501].includes(status)) return undefined;
  try {
    const { error } = JSON.parse(text) as { readonly error: { readonly code: unknown; readonly message: unknown } };
    return typeof error.code === 'string' ? JSON.stringify(['err', 0, error.code, String(error.message)]) : undefined;
  } catch {
    return undefined;
  }
}
