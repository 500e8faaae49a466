// The words of the stories: a loopback Discord, a vcplay that plays in it, a client that logs in, and deadlines.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { readFileSync } from 'node:fs';
import tls from 'node:tls';
import { Client, Events, GatewayIntentBits } from 'discord.js';

const program = process.env.VCPLAY_PROGRAM;

/** Resolves with the arguments of the next `event` of `emitter`; rejects when it does not come in time. */
export function next(emitter, event, milliseconds = 10_000) {
  return once(emitter, event, { signal: AbortSignal.timeout(milliseconds) });
}

/** `vcplay rehearse --serve`, from its first line to its report. */
export class Loopback {
  static async start() {
    const child = spawn(program, ['rehearse', '--serve'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout });
    const [place] = await next(lines, 'line');
    return new Loopback(child, lines, JSON.parse(place));
  }

  constructor(child, lines, place) {
    Object.assign(this, { child, lines, place });
    tls.setDefaultCACertificates([...tls.getCACertificates('default'), readFileSync(place.ca_file, 'utf8')]);
  }

  /** Ends it and resolves with its report on the first account. */
  async report() {
    const line = next(this.lines, 'line');
    this.child.stdin.end();
    return JSON.parse((await line)[0]);
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

  /** `vcplay play` as the first account; resolves when it has ended. */
  async play(file, ...options) {
    const { place } = this;
    const child = spawn(
      program,
      ['play', '--guild', place.guild_id, '--channel', place.channel_id, '--gateway-url', place.gateway_url,
        '--api-url', place.api_url, '--ca-file', place.ca_file, ...options, file],
      { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, DISCORD_TOKEN: place.accounts[0].token } },
    );
    const [status, signal] = await next(child, 'exit', 30_000);
    if (status !== 0) throw new Error(`vcplay play ended with ${signal ?? status}`);
  }
}
