/** A new instance id: 128 random bits as 22 characters of base64url. It is a secret between one client and the server. */
export function newInstance(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .slice(0, 22);
}
