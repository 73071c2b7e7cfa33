/** The part of a WebSocket that the client uses. The browsers', Node's and the `ws` package's all have it. */
export interface Socket {
  addEventListener(type: 'open' | 'error', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { readonly code: number }) => void): void;
  send(text: string): void;
  close(code?: number): void;
}

/** Opens a WebSocket. */
export type SocketConstructor = new (url: string, subProtocol: string) => Socket;
