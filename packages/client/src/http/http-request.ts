/** One request of a session. */
export interface HttpRequest {
  /** `POST` unless it is told. */
  readonly method?: 'DELETE';
  /** Frames, joined by LF. */
  readonly body?: string;
  /** The number of the answer that a poll acknowledges, or of the body that is sent. */
  readonly sequence?: number;
  /** A poll that is answered at once, with what there is. */
  readonly atOnce?: boolean;
  /** The session's secret, once there is one. It travels in a header only. */
  readonly session?: string | undefined;
  readonly signal?: AbortSignal;
}

/**
 * What `fetch` takes for a request. Cookies go along to other origins too, as with a WebSocket: the server answers the
 * origins on its list only. What takes leave must outlive the page.
 */
export function requestInit({ method, body, sequence, atOnce, session, signal }: HttpRequest): RequestInit {
  return {
    method: method ?? 'POST',
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(session !== undefined && { 'rt-session': session }),
      ...(sequence !== undefined && { 'rt-sequence': String(sequence) }),
      ...(atOnce && { 'rt-wait': '0' }),
    },
    body: body ?? null,
    signal: signal ?? null,
    cache: 'no-store',
    credentials: 'include',
    keepalive: method === 'DELETE',
  };
}
