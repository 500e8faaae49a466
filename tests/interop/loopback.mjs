// The words of the stories: a loopback Discord, a vcplay that plays in it, a client that logs in, and deadlines.

import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { createInterface } from 'node:readline';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import tls from 'node:tls';
import { Client, Events, GatewayIntentBits } from 'discord.js';

const program = process.env.VCPLAY_PROGRAM;

// Stands for the home of whoever plays here, whose real one no test touches.
const home = mkdtempSync(join(tmpdir(), 'vcplay-home-'));
process.on('exit', () => rmSync(home, { recursive: true, force: true }));

/** Resolves with the arguments of the next `event` of `emitter`; rejects when it does not come in time. */
export function next(emitter, event, milliseconds = 10_000) {
  return once(emitter, event, { signal: AbortSignal.timeout(milliseconds) });
}

/** Resolves once `holds()`, which is asked again after each `event` of `emitter`; rejects when that takes too long. */
export async function until(holds, emitter, event, milliseconds = 10_000) {
  const signal = AbortSignal.timeout(milliseconds);
  while (!holds()) await once(emitter, event, { signal });
}

/** The same promise; when it is rejected, `tidyUp()` comes first, so that nothing is left that keeps Node.js from ending. */
export function orElse(promise, tidyUp) {
  return promise.catch((error) => {
    tidyUp();
    throw error;
  });
}

/** `vcplay rehearse --serve`, from its first line to its reports. */
export class Loopback {
  static async start(...options) {
    const child = spawn(program, ['rehearse', '--serve', ...options], { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout });
    const [place] = await orElse(next(lines, 'line', 30_000), () => child.kill('SIGKILL'));
    return new Loopback(child, lines, JSON.parse(place));
  }

  constructor(child, lines, place) {
    Object.assign(this, { child, lines, place });
    tls.setDefaultCACertificates([...tls.getCACertificates('default'), readFileSync(place.ca_file, 'utf8')]);
  }

  /** Ends it and resolves with its reports, one for each account. */
  async reports() {
    const reports = [];
    this.lines.on('line', (line) => reports.push(JSON.parse(line)));
    this.child.stdin.end();
    await next(this.lines, 'close');
    return reports;
  }

  kill() {
    this.child.kill('SIGKILL');
  }

  /** A discord.js client of one account, logged in and with the guild at hand. */
  async login(account) {
    const client = new Client({
      intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildVoiceStates],
      rest: { api: this.place.api_url.replace(/\/v\d+$/, '') },
    });
    const ready = next(client, Events.ClientReady);
    await client.login(account.token);
    await ready;
    return client;
  }

  /** `vcplay play` as the first account, in all places. */
  begin(file, ...options) {
    const { place } = this;
    const targets = place.places.flatMap(({ guild_id, channel_id }) => ['--channel', `${guild_id}/${channel_id}`]);
    return new Play(
      spawn(
        program,
        ['play', '--json', ...targets, '--gateway-url', place.gateway_url, '--api-url', place.api_url,
          '--ca-file', place.ca_file, ...options, file],
        { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, DISCORD_TOKEN: place.accounts[0].token, VCPLAY_HOME: home } },
      ),
    );
  }

  /** The same, when it has ended. */
  async play(file, ...options) {
    await this.begin(file, ...options).ended();
  }
}

/** One `vcplay play`: what it tells, and an `event` for each. */
class Play extends EventEmitter {
  told = [];

  constructor(child) {
    super();
    this.child = child;
    this.exit = next(child, 'exit', 60_000);
    this.exit.catch(() => child.kill('SIGKILL'));
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.told.push(JSON.parse(line));
      this.emit('event');
    });
  }

  /** Once it has told an event that `fits`, now or before. */
  tells(fits) {
    return until(() => this.told.some(fits), this, 'event');
  }

  async ended(expected = 0) {
    const [status, signal] = await this.exit;
    if (status !== expected) throw new Error(`vcplay play ended with ${signal ?? status}`);
  }

  /** → how each channel fared, in their order: its last words. */
  async targets() {
    const isLast = ({ event }) => event === 'targets';
    await this.tells(isLast);
    return this.told.find(isLast).targets;
  }

  /** Once it does nothing at all, until `resume`: a signal stops a process's threads one after the other. */
  async freeze() {
    this.child.kill('SIGSTOP');
    const signal = AbortSignal.timeout(10_000);
    while (!this.#isFrozen()) await setImmediate(undefined, { signal });
  }
  #isFrozen() {
    const tasks = `/proc/${this.child.pid}/task`;
    return readdirSync(tasks).every((id) => /\) T /.test(readFileSync(`${tasks}/${id}/stat`, 'latin1')));
  }
  resume() {
    this.child.kill('SIGCONT');
  }
}
