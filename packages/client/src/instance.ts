/** A new instance id: 128 random bits as four numbers. It is a secret between one client and the server. */
export function newInstance(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join('-');
}
