import { read, write } from './storage.js';

const KEY = 'rt-quickstart-name';
const MOODS = [
  'Bold',
  'Brisk',
  'Calm',
  'Clever',
  'Eager',
  'Gentle',
  'Happy',
  'Kind',
  'Lucky',
  'Quiet',
  'Sunny',
  'Witty',
];
const ANIMALS = [
  'Badger',
  'Beaver',
  'Crane',
  'Dolphin',
  'Falcon',
  'Fox',
  'Heron',
  'Lynx',
  'Marten',
  'Otter',
  'Robin',
  'Seal',
];

const pick = (list) => list[Math.floor(Math.random() * list.length)];

/**
 * The name that was chosen in this browser, else a random one. The random one is kept for this tab only,
 * so that two fresh tabs have two names.
 */
export function readName() {
  const name = read('localStorage', KEY) || read('sessionStorage', KEY) || `${pick(MOODS)} ${pick(ANIMALS)}`;
  write('sessionStorage', KEY, name);
  return name;
}

/** Keeps a chosen name; an empty one means a random one again. Returns the name to use. */
export function storeName(chosen) {
  const name = chosen.trim();
  write('localStorage', KEY, name);
  if (name === '') write('sessionStorage', KEY, '');
  return name === '' ? readName() : name;
}
