/** What the quickstart says once it listens. */
export function greeting(url: string, apiKey: string): string {
  const where = url === 'http://localhost:6001' ? '' : ` --url ${url}`;
  return `
  Your chat is running:  ${url}

  Try this:
    1. Open ${url} in two tabs: each sees that the other is there. Write something.
    2. Press Ctrl-C here and start again: the tabs come back by themselves.
    3. Take a phone in the same network: npm start -- --host 0.0.0.0, then this machine's address there.
    4. Join in from another terminal:
       npx rt listen room.lobby${where}
       npx rt publish room.lobby message.sent '{"name":"rt","text":"hello"}'${where} --key ${apiKey}

  The server is examples/quickstart/server.ts, the page is beside it in public/.
  Documentation: README.md, then docs/. Ctrl-C stops.
`;
}
