// A browser may forbid `localStorage` and `sessionStorage`: then what is kept lasts as long as its page.

export function read(storage, key) {
  try {
    return globalThis[storage].getItem(key);
  } catch {
    return null;
  }
}

export function write(storage, key, value) {
  try {
    globalThis[storage].setItem(key, value);
  } catch {
    // See above.
  }
}
