/** A new instance id: 128 random bits, in 31 to 63 characters. It is a secret between one client and the server. */
export function newInstance(): string {
  return crypto.getRandomValues(new Uint8Array(16)).join('-');
}
