const WORDS = {
  idle: 'not connected',
  connecting: 'connecting…',
  open: 'connected',
  waiting: 'reconnecting',
  closed: 'closed',
};

/** Shows the state of the client's connection as a dot, words, a countdown, and a button where one helps. */
export function showConnection(client) {
  const box = document.getElementById('connection');
  const words = document.getElementById('connection-words');
  const countdown = document.getElementById('connection-countdown');
  const retry = document.getElementById('connection-retry');
  let timer;

  function show({ state, error, retryInMs = 0 }) {
    clearInterval(timer);
    countdown.textContent = '';
    box.dataset.state = state;
    box.title = client.transport ? `over ${client.transport}` : '';
    words.textContent = wordsFor(state, error);
    retry.hidden = state !== 'waiting' && state !== 'closed';
    if (state !== 'waiting') return;
    const until = performance.now() + retryInMs;
    const tick = () => {
      countdown.textContent = `in ${Math.max(1, Math.ceil((until - performance.now()) / 1000))} s`;
    };
    timer = setInterval(tick, 250);
    tick();
  }

  client.on('state', show);
  show({ state: client.state });
  // Connects at once, and also from `closed`. What becomes of it is told as a state.
  retry.addEventListener('click', () => client.connect().catch(() => {}));
}

function wordsFor(state, error) {
  if (state === 'closed' && error !== undefined) return `closed: ${error.message}`;
  if (state === 'waiting' && !navigator.onLine) return 'offline, trying again';
  return WORDS[state];
}
