/** The version this package speaks: the first field of `connect`. */
export const PROTOCOL_VERSION = 1;

/** The WebSocket sub-protocol of this version (RFC 6455 §1.9). */
export const SUB_PROTOCOL = 'rt.v1';

/**
 * Whether a client should come back after its connection closed with `code`.
 * 3500–3999 and 4500–4999 mean "do not"; every other code, RFC 6455's own (1000–1015) included, means "reconnect".
 */
export function closeCodeReconnects(code: number): boolean {
  return code < 3000 || code % 1000 < 500;
}
