// Real clients in the loopback Discord: they know nothing of vcplay, so what they accept is what Discord's clients accept.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach, test } from 'node:test';
import { alignment, channel, correlation, RATE, sweep, wav } from './sound.mjs';
import { Loopback, next } from './loopback.mjs';
import { decode, encode, SAMPLES, SILENCE } from './opus.mjs';
import { faults, joinVoice, KNOWN_SLOPPINESS, mode, playPackets, voice } from './real_client.mjs';

const folder = mkdtempSync(join(tmpdir(), 'vcplay-interop-'));
after(() => rmSync(folder, { recursive: true }));

let discord;
let clients;
beforeEach(async () => {
  discord = await Loopback.start();
  clients = [];
});
afterEach(async () => {
  await Promise.all(clients.map((client) => client.destroy()));
  discord.kill();
});

/** Everybody hangs up first: a client that loses its gateway tries for ever to find it again. */
async function hangUp() {
  await Promise.all(clients.splice(0).map((client) => client.destroy()));
  return (await discord.reports())[0];
}

async function login(account) {
  const client = await discord.login(account);
  clients.push(client);
  return client;
}

/** What a connection hears of one user: RTP sequence numbers as they came, and Opus packets once decrypted. */
function hear(connection, userId) {
  const heard = { sequences: [], packets: [], broken: null };
  const { udp } = connection.state.networking.state;
  udp.on('message', (packet) => {
    if (packet.length > 12 && (packet[1] & 0x7f) === 0x78) heard.sequences.push(packet.readUInt16BE(2));
  });
  const stream = connection.receiver.subscribe(userId, { end: { behavior: voice.EndBehaviorType.Manual } });
  stream.on('data', (packet) => heard.packets.push(packet));
  stream.on('error', (error) => (heard.broken = error));
  return heard;
}

test('discord.js logs in at the loopback gateway and finds the guild, its voice channel and its members', async () => {
  const { place } = discord;
  const client = await login(place.accounts[0]);
  assert.equal(client.user.id, place.accounts[0].user_id);
  const guild = client.guilds.cache.get(place.guild_id);
  assert.ok(guild.available);
  const room = guild.channels.cache.get(place.channel_id);
  assert.ok(room.isVoiceBased());
  assert.equal(room.bitrate, 128_000);
  assert.deepEqual(faults(await hangUp()), []);
});

test('a @discordjs/voice listener hears all that vcplay plays, in order and in its own voice', async () => {
  const { place } = discord;
  const left = sweep({ seconds: 3, from: 200, to: 2_000 });
  const right = sweep({ seconds: 3, from: 3_000, to: 500 });
  const file = join(folder, 'sweep.wav');
  writeFileSync(file, wav([left, right]));

  const listener = await joinVoice(discord, await login(place.accounts[1]));
  assert.equal(listener.state.networking.state.connectionData.encryptionMode, mode);
  const heard = hear(listener, place.accounts[0].user_id);
  const left_channel = next(listener.receiver.speaking, 'end', 30_000);
  await discord.play(file, '--bitrate', '128k');
  await left_channel;

  assert.equal(heard.broken, null);
  assert.ok(heard.sequences.length >= (3 * RATE) / SAMPLES, `${heard.sequences.length} packets`);
  heard.sequences.forEach((sequence, n) => assert.equal(sequence, (heard.sequences[0] + n) & 0xffff, `packet ${n}`));
  assert.equal(heard.packets.length, heard.sequences.length, 'every packet that came could be decrypted');
  // A lead-in so that no first word is cut, and five packets of silence so that nothing lingers.
  assert.deepEqual(heard.packets[0], SILENCE);
  assert.deepEqual(heard.packets.slice(-5), Array(5).fill(SILENCE));

  const pcm = decode(heard.packets);
  const lag = alignment(left, channel(pcm, 0));
  const alike = [correlation(left, channel(pcm, 0), lag), correlation(right, channel(pcm, 1), lag)];
  assert.ok(Math.min(...alike) >= 0.99, `correlation ${alike}`);

  listener.destroy();
  const report = await hangUp();
  assert.deepEqual(faults(report), []);
  // A first packet of the lead-in may overtake SPEAKING, which comes by TCP.
  assert.ok([0, 1].includes(report.packets.received - heard.sequences.length), 'nothing else was lost on the way');
});

test('the loopback accepts what a @discordjs/voice player sends', async () => {
  const packets = encode(sweep({ seconds: 2, from: 440, to: 660 }));

  const player = await joinVoice(discord, await login(discord.place.accounts[0]));
  await next(player, 'transitioned'); // it would send in the clear until then
  await playPackets(player, packets);
  player.destroy();

  const report = await hangUp();
  assert.equal(report.mode, mode);
  assert.equal(report.packets.audio, packets.length);
  assert.equal(report.packets.heard, report.packets.received);
  assert.ok(report.packets.silence >= 4, `${report.packets.silence} silence packets`);
  assert.ok(Math.abs(report.loudness_lufs + 6) < 3, `${report.loudness_lufs} LUFS`);
  assert.deepEqual(faults(report, KNOWN_SLOPPINESS), []);
});
