import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launchChromium } from './chromium.ts';
import type { Browser } from './chromium.ts';
import { Quickstart } from './quickstart.ts';
import { Tab } from './tab.ts';

let browser: Browser;
let quickstart: Quickstart;
let room: string;
let anna: Tab;
let ben: Tab;

beforeAll(async () => {
  [browser, quickstart] = await Promise.all([launchChromium(), Quickstart.start()]);
});

afterAll(async () => {
  await browser?.close();
  await quickstart?.stop('SIGTERM');
});

beforeEach(async () => {
  room = randomUUID();
  [anna, ben] = await Promise.all([
    Tab.open(browser, quickstart.url, { name: 'Anna', room }),
    Tab.open(browser, quickstart.url, { name: 'Ben', room }),
  ]);
});

afterEach(async () => {
  await Promise.all([anna.close(), ben.close()]);
});

describe('the quickstart page with two tabs', () => {
  it('shows a message in the other tab, with its sender, and once in its own', async () => {
    await anna.send('Hello Ben');
    await ben.message('theirs', 'Hello Ben').waitFor();
    expect(await ben.message('theirs', 'Hello Ben').locator('.name').textContent()).toBe('Anna');
    await ben.send('Hello Anna');
    await anna.message('theirs', 'Hello Anna').waitFor();
    expect(await anna.page.locator('li.message').count()).toBe(2);
    expect([...anna.complaints, ...ben.complaints]).toEqual([]);
  });

  it('shows who is typing until the message is there', async () => {
    await anna.text.pressSequentially('He');
    await ben.typing.filter({ hasText: 'Anna is typing…' }).waitFor();
    await anna.text.press('Enter');
    await ben.message('theirs', 'He').waitFor();
    expect(await ben.typing.textContent()).toBe('');
    expect(await anna.typing.textContent()).toBe('');
  });

  it('forgets who is typing after a while', async () => {
    await ben.page.clock.install();
    await anna.text.pressSequentially('He');
    await ben.typing.filter({ hasText: 'Anna is typing…' }).waitFor();
    await ben.page.clock.fastForward(3000);
    await expect.poll(() => ben.typing.textContent()).toBe('');
  });

  it('keeps the messages of one room out of another', async () => {
    const other = randomUUID();
    await ben.enter(other);
    await anna.send('only for the first room');
    await ben.send('only for the other room');
    expect(await ben.message('theirs', 'only for the first room').count()).toBe(0);
    // Ben comes back, and gets what was said meanwhile.
    await ben.enter(room);
    await ben.message('theirs', 'only for the first room').waitFor();
    expect(await ben.page.locator('li.message').count()).toBe(1);
    expect(await anna.message('theirs', 'only for the other room').count()).toBe(0);
  });

  it('shows each message once to one who leaves the room and comes back', async () => {
    await anna.send('Hello Ben');
    await ben.message('theirs', 'Hello Ben').waitFor();
    await ben.send('Hello Anna');
    await ben.enter(randomUUID());
    await ben.enter(room);
    await anna.send('Here you are');
    await ben.message('theirs', 'Here you are').waitFor();
    expect(await ben.page.locator('li.message .text').allTextContents()).toEqual([
      'Hello Ben',
      'Hello Anna',
      'Here you are',
    ]);
  });

  it('still knows after a reload which messages were its own', async () => {
    await anna.send('Hello Ben');
    await ben.send('Hello Anna');
    await anna.page.reload();
    await anna.message('own', 'Hello Ben').waitFor();
    await anna.message('theirs', 'Hello Anna').waitFor();
    expect(await anna.page.locator('li.message').count()).toBe(2);
  });

  it('keeps the room in the address', async () => {
    await ben.enter('café'.replace('é', 'e-1'));
    expect(new URL(ben.page.url()).hash).toBe('#cafe-1');
    await ben.page.goBack();
    await ben.page.getByRole('heading', { name: room }).waitFor();
  });

  it('enters no room whose name is not allowed', async () => {
    const input = ben.page.getByLabel('Room');
    await input.fill('a/b');
    await input.press('Enter');
    expect(await input.evaluate((element: HTMLInputElement) => element.validationMessage)).toContain(
      'A room is named with',
    );
    expect(new URL(ben.page.url()).hash).toBe(`#${room}`);
  });

  it('shows HTML as the text it is, in names too', async () => {
    const markup = '<img src=x onerror="document.title=\'owned\'"><b>bold</b>';
    const name = '<b>Eve</b><script>1</script>';
    await anna.rename(name);
    await anna.text.pressSequentially('<');
    await ben.typing.filter({ hasText: name }).waitFor();
    await anna.send(markup);
    const message = ben.message('theirs', markup);
    await message.waitFor();
    expect(await message.locator('.name').textContent()).toBe(name);
    expect(await message.locator('.text').textContent()).toBe(markup);
    for (const tab of [anna, ben]) {
      await tab.page.locator('#people').getByText(name).waitFor();
      expect(await tab.page.locator('li img, li b, li script, #typing b').count()).toBe(0);
      expect(await tab.page.title()).toBe(`#${room} · rt quickstart`);
    }
  });

  it('shows what another program publishes, whatever it holds', async () => {
    for (const data of [{ name: 'rt', text: 'hello from outside' }, null, 'odd', { name: 7, text: { toString: 1 } }]) {
      const answer = await fetch(`${quickstart.url}/realtime/api/v1/broadcast`, {
        method: 'POST',
        headers: { authorization: `Bearer ${quickstart.apiKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({ channel: `room.${room}`, event: 'message.sent', data }),
      });
      expect(answer.status).toBe(200);
    }
    await ben.message('theirs', 'hello from outside').waitFor();
    await expect.poll(() => ben.page.locator('li.theirs').count()).toBe(4);
    expect(ben.complaints).toEqual([]);
  });

  it('sends all of what was written too fast, one after the other', async () => {
    await anna.page.evaluate(() => {
      const text = document.querySelector<HTMLInputElement>('#text')!;
      // More in one go than the server takes from one connection.
      for (let index = 0; index < 110; index++) {
        text.value = `message ${index} of many`;
        text.form!.requestSubmit();
      }
    });
    await ben.message('theirs', 'message 109 of many').waitFor();
    await anna.own('message 109 of many', 'sent');
  });

  it('says why a message was not sent, and tries again when asked', async () => {
    await anna.page.evaluate(() => {
      const text = document.querySelector<HTMLInputElement>('#text')!;
      text.removeAttribute('maxlength');
      text.value = `too long ${'x'.repeat(70_000)}`;
      text.form!.requestSubmit();
    });
    const failed = anna.page.locator('[data-state=failed]');
    await failed.waitFor();
    expect(await failed.locator('.status').textContent()).toMatch(/^Not sent: \d+ bytes; at most 65536\.$/);
    await failed.getByRole('button', { name: 'Send again' }).click();
    await failed.waitFor();
  });

  it('keeps a chosen name, and gives a friendly one until then', async () => {
    await anna.page.reload();
    expect(await anna.page.getByLabel('Your name').inputValue()).toBe('Anna');
    await anna.rename('');
    expect(await anna.page.getByLabel('Your name').inputValue()).toMatch(/^[A-Z][a-z]+ [A-Z][a-z]+$/);
  });
});
