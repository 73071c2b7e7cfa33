import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { capture, step } from './child.mjs';

/**
 * What the tests need from the system. `commands`: any of them will do; `variable`: names the found one to the tests, and
 * to this script beforehand where it is somewhere else; `apt`: the package of Debian and Ubuntu.
 */
export const systemPackages = [
  {
    name: 'Chromium',
    commands: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
    variable: 'CHROMIUM_PATH',
    apt: 'chromium',
  },
  {
    name: 'Firefox',
    commands: ['firefox-esr', 'firefox'],
    variable: 'FIREFOX_PATH',
    apt: 'firefox-esr',
  },
  {
    name: "WebKit's driver",
    commands: ['WebKitWebDriver'],
    variable: 'WEBKIT_DRIVER_PATH',
    apt: 'webkit2gtk-driver',
  },
  {
    // The screen that nobody sees: WebKit has to have one.
    name: 'Xvfb',
    commands: ['Xvfb'],
    variable: 'XVFB_PATH',
    apt: 'xvfb',
  },
  {
    name: 'Redis',
    commands: ['redis-server'],
    variable: 'REDIS_SERVER_PATH',
    apt: 'redis-server',
  },
  {
    name: 'NATS',
    commands: ['nats-server'],
    variable: 'NATS_SERVER_PATH',
    apt: 'nats-server',
  },
  {
    name: 'RabbitMQ',
    commands: ['rabbitmq-server'],
    variable: 'RABBITMQ_SERVER_PATH',
    apt: 'rabbitmq-server',
  },
  {
    name: 'nginx',
    commands: ['nginx'],
    variable: 'NGINX_PATH',
    apt: 'nginx',
  },
  {
    name: 'HAProxy',
    commands: ['haproxy'],
    variable: 'HAPROXY_PATH',
    apt: 'haproxy',
  },
];

/** Finds every system package, installing from Debian's or Ubuntu's packages what is missing. Resolves with the variables to set. */
export async function findSystemPackages() {
  const missing = systemPackages.filter((each) => find(each) === undefined);
  if (missing.length > 0) await install(missing);
  const absent = missing.filter((each) => find(each) === undefined);
  if (absent.length > 0) giveUp(absent, 'the install went through, but the command is still not there');
  return Object.fromEntries(systemPackages.map((each) => [each.variable, find(each)]));
}

function find({ name, commands, variable }) {
  const given = process.env[variable];
  if (given !== undefined && given !== '') {
    if (isExecutable(given)) return given;
    console.error(
      `${variable}=${given}: there is no program that can be run. Correct it, or unset it to have ${name} looked for.`,
    );
    process.exit(1);
  }
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return commands.flatMap((command) => folders.map((folder) => join(folder, command))).find(isExecutable);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function install(missing) {
  if (process.platform !== 'linux' || !existsSync('/usr/bin/apt-get')) giveUp(missing, 'this system has no apt-get');
  const prefix = process.getuid() === 0 ? [] : ['sudo', '-n'];
  if (prefix.length > 0 && !(await capture('sudo', ['-n', 'true'])).ok)
    giveUp(missing, 'that needs root, or sudo without a password');
  const packages = missing.map((each) => each.apt);
  const apt = (...args) => {
    const command = [
      ...prefix,
      'env',
      'DEBIAN_FRONTEND=noninteractive',
      'apt-get',
      '-o',
      'DPkg::Lock::Timeout=120',
      ...args,
    ];
    return capture(command[0], command.slice(1));
  };
  await step(`Installing ${packages.join(', ')} (apt-get)`, async () => {
    const update = await apt('update');
    const installed = await apt('install', '-y', '--no-install-recommends', ...packages);
    // An update that failed for some source matters only where the install then fails.
    const output = `${update.output}${installed.output}\n${byHand(missing)}`;
    return { ...installed, output, ms: update.ms + installed.ms };
  });
}

function giveUp(missing, reason) {
  const names = missing.map((each) => each.name).join(', ');
  console.error(`The tests need ${names}, which could not be installed here: ${reason}.`);
  console.error(byHand(missing));
  process.exit(1);
}

function byHand(missing) {
  const packages = missing.map((each) => each.apt).join(' ');
  const elsewhere = missing.map(
    ({ name, commands, variable }) =>
      `  elsewhere: ${name} so that one of ${commands.join(', ')} is on the PATH, or ${variable}=/path/to/it`,
  );
  return [
    'Install by hand:',
    `  Debian, Ubuntu: sudo apt-get install --no-install-recommends ${packages}`,
    ...elsewhere,
  ].join('\n');
}
