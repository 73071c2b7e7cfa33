import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core';

/** Far above what any step takes, below vitest's own limit, so that a failure names the step. */
const STEP_TIMEOUT_MS = 15_000;

/** The chat page in a browser profile of its own, as a person sees it. */
export class Tab {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the page's console and its errors said; a refused request or a blocked script is among it. */
  readonly complaints: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    this.context = page.context();
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.complaints.push(message.text());
    });
  }

  /** Opens the page and waits for its connection; over `transport` only, where one is named. */
  static async open(
    browser: Browser,
    url: string,
    {
      name,
      room,
      transport,
      ...options
    }: BrowserContextOptions & { readonly name: string; readonly room: string; readonly transport?: string },
  ): Promise<Tab> {
    const context = await browser.newContext(options);
    context.setDefaultTimeout(STEP_TIMEOUT_MS);
    const tab = new Tab(await context.newPage());
    await tab.page.goto(`${url}/${transport === undefined ? '' : `?transport=${transport}`}#${room}`);
    await tab.state('open');
    await tab.rename(name);
    await tab.person(name, 'you').waitFor();
    return tab;
  }

  get text(): Locator {
    return this.page.getByLabel('Message', { exact: true });
  }

  get typing(): Locator {
    return this.page.locator('#typing');
  }

  get connection(): Locator {
    return this.page.locator('#connection');
  }

  /** How many the page says are in the room: `2 here`. */
  get count(): Locator {
    return this.page.locator('#people-count');
  }

  /** Somebody in the list of people, with what is said of them just now; `''` is nothing. */
  person(name: string, words: '' | 'you' | 'joined' | 'left'): Locator {
    return this.page.locator('#people').getByText([name, words].join(' ').trim(), { exact: true });
  }

  /** The messages of others (`theirs`) or of this tab (`own`) that hold `text`. */
  message(side: 'own' | 'theirs', text: string): Locator {
    return this.page.locator(`li.message.${side}`).filter({ hasText: text });
  }

  /** Resolves when the page shows one of these connection states. */
  async state(...states: ('connecting' | 'open' | 'waiting' | 'closed')[]): Promise<void> {
    await this.page.locator(states.map((state) => `#connection[data-state=${state}]`).join(',')).waitFor();
  }

  async rename(name: string): Promise<void> {
    const input = this.page.getByLabel('Your name');
    await input.fill(name);
    await input.press('Enter');
  }

  async enter(room: string): Promise<void> {
    const input = this.page.getByLabel('Room');
    await input.fill(room);
    await input.press('Enter');
    await this.page.getByRole('heading', { name: room }).waitFor();
  }

  /** Writes a message and presses Enter; does not wait for what becomes of it. */
  async write(text: string): Promise<void> {
    await this.text.fill(text);
    await this.text.press('Enter');
  }

  /** Writes a message and waits until the server has it. */
  async send(text: string): Promise<void> {
    await this.write(text);
    await this.own(text, 'sent');
  }

  /** Resolves when the tab's own message is in this state. */
  async own(text: string, state: 'pending' | 'sent' | 'failed'): Promise<void> {
    await this.page.locator(`li.own[data-state=${state}]`).filter({ hasText: text }).waitFor();
  }

  async close(): Promise<void> {
    await this.context.close();
  }
}
