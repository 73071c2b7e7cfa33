import { showConnection } from './connection.js';
import { readName, storeName } from './name.js';
import { isRoomName, Room, roomInAddress } from './room.js';
import { tabId } from './tab-id.js';
import { Typist } from './typist.js';

const element = (id) => document.getElementById(id);
const [nameInput, roomInput, textInput] = [element('name'), element('room'), element('text')];

nameInput.value = readName();

// Who this tab is: the server makes a user of it. A real page sends what it got when its user signed in.
const id = tabId();
const token = () => String(new URLSearchParams({ id, name: nameInput.value }));

// /?transport=sse uses that transport only, to see that it makes no difference: websocket, sse or longpolling.
const only = new URLSearchParams(location.search).get('transport');

// One client for the page. It connects when the first room is entered, and comes back by itself.
const client = new globalThis.rt.RealtimeClient('/', { token, ...(only && { transports: [only] }) });
showConnection(client);

const rooms = new Map();
let room;
const typist = new Typist(() => room.tellTyping(nameInput.value));

function enterRoom() {
  const name = roomInAddress();
  if (room?.name !== name) {
    room?.leave();
    room = rooms.get(name) ?? new Room(client, name, id);
    rooms.set(name, room);
    room.enter();
    typist.pause();
  }
  roomInput.value = name;
  element('title').textContent = name;
  element('second-tab').href = `/#${name}`;
  document.title = `#${name} · rt quickstart`;
}

element('composer').addEventListener('submit', (event) => {
  event.preventDefault();
  const text = textInput.value.trim();
  if (text === '') return;
  room.send({ name: nameInput.value, text });
  textInput.value = '';
  textInput.focus();
  typist.pause();
});

textInput.addEventListener('input', () => {
  if (textInput.value.trim() !== '') typist.type();
});

nameInput.addEventListener('change', () => {
  nameInput.value = storeName(nameInput.value);
  // For this room now; for the next one, and after a reconnect, the token has it.
  room.rename(nameInput.value);
  client.setToken(token);
});

roomInput.addEventListener('input', () => {
  roomInput.value = roomInput.value.replaceAll(' ', '-');
  const isFine = isRoomName(roomInput.value);
  roomInput.setCustomValidity(isFine ? '' : 'A room is named with A–Z a–z 0–9 and _ - = @ , . ; :');
});

roomInput.addEventListener('change', () => {
  if (roomInput.reportValidity()) location.hash = roomInput.value;
});

for (const input of [nameInput, roomInput]) {
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') textInput.focus();
  });
}

addEventListener('hashchange', enterRoom);
enterRoom();
