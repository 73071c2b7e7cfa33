/** What to do where a broker's certificate is the reason that it can't be used; `undefined` where that is another. */
export function certificateRemedy(reason: string): string | undefined {
  if (/ALTNAME|does not match certificate/i.test(reason)) return 'connect to a host name that its certificate has';
  if (/_CERT\b|CERT_|UNABLE_TO_|self.signed|unable to (?:get|verify)/i.test(reason)) {
    return 'name the file with its certificate, or that of its authority, in NODE_EXTRA_CA_CERTS';
  }
  return undefined;
}
