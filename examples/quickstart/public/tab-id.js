import { read, write } from './storage.js';

const KEY = 'rt-quickstart-tab';

/** Who this tab is: a random id that lives as long as the tab does, reloads included. */
export function tabId() {
  const id = read('sessionStorage', KEY) || randomId();
  // It is put away only while no page has it: a duplicated tab gets a copy of what is there, and is somebody else.
  write('sessionStorage', KEY, '');
  addEventListener('pagehide', () => write('sessionStorage', KEY, id));
  return id;
}

/** `crypto.randomUUID` is missing where a phone opens the page by the machine's address, without TLS. */
function randomId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
