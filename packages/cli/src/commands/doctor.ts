import { Option } from 'commander';
import type { Command } from 'commander';
import { chooseBroker } from '../choose-plugs.ts';
import { failure, messageOf } from '../command-error.ts';
import { diagnosisText } from '../doctor/diagnosis-text.ts';
import { withVerdict } from '../doctor/diagnosis.ts';
import type { Diagnosis } from '../doctor/diagnosis.ts';
import { examine } from '../doctor/examine.ts';
import { CONFIG_FILES, loadConfig } from '../load-config.ts';
import type { ChosenBroker } from '../plugs.ts';

interface DoctorFlags {
  readonly broker?: string;
  readonly config?: string;
  readonly json?: true;
}

const EXAMPLES = `
Connects to the broker that "rt serve" would use, as a few nodes of its own,
and tries on channels of its own what it can promise. Changes no setting.

Exit code 0: the promise of delivery can be kept. 1: it can not, or the broker
is not there. 2: what was asked for can't work.

Examples:
  rt doctor --broker redis
  NATS_URL=nats://nats.internal rt doctor --broker nats --json | jq .findings`;

/** Adds `rt doctor` to the program. */
export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('find out what the broker can promise, and what is set up wrong')
    .addOption(new Option('--broker <name>', 'the broker, as for "rt serve" (default: memory)').env('REALTIME_BROKER'))
    .option('--config <file>', `the config file (default: ${CONFIG_FILES.join(', ')})`)
    .option('--json', 'print JSON: { ok, broker, service, shape, survives, roundTrips, findings }')
    .addHelpText('after', EXAMPLES)
    .action(doctor);
}

async function doctor(flags: DoctorFlags): Promise<void> {
  const { file, config } = await loadConfig(flags.config);
  const { broker, brokers, defaultBroker } = config;
  const choose = (): Promise<ChosenBroker> => chooseBroker(flags.broker, { broker, brokers, defaultBroker }, file);
  const chosen = await choose();
  const another = async (): Promise<ChosenBroker['broker'] | undefined> => {
    const next = await choose();
    // A broker that the config made itself is always the same one.
    return next.broker === chosen.broker ? undefined : next.broker;
  };
  let diagnosis: Diagnosis;
  try {
    diagnosis = await examine(chosen, another);
  } catch (cause) {
    const reason = messageOf(cause).replace(/\.$/, '');
    const remedy = chosen.remedy(reason);
    if (!flags.json) throw failure(`${reason}: ${remedy}`, cause);
    const findings = [{ severity: 'problem', what: reason, remedy }] as const;
    diagnosis = withVerdict({ broker: chosen.about, survives: [], roundTrips: {}, findings });
  }
  console.log(flags.json ? JSON.stringify(diagnosis) : diagnosisText(diagnosis));
  if (!diagnosis.ok) throw failure('');
}
