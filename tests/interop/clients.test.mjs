// Real clients in the loopback Discord: they know nothing of vcplay, so what they accept is what Discord's clients accept.
// VCPLAY_MODE names the encryption that @discordjs/voice is to ask for.

import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, afterEach, beforeEach, test } from 'node:test';
import OpusScript from 'opusscript';
import { alignment, channel, correlation, RATE, sweep, wav } from './sound.mjs';
import { Loopback, next } from './loopback.mjs';

const mode = process.env.VCPLAY_MODE ?? 'aead_aes256_gcm_rtpsize';
if (mode !== 'aead_aes256_gcm_rtpsize') {
  // @discordjs/voice takes AES-GCM wherever Node has it.
  const ciphers = crypto.getCiphers().filter((name) => name !== 'aes-256-gcm');
  crypto.getCiphers = () => ciphers;
}
const voice = await import('@discordjs/voice');

const SILENCE = Buffer.from([0xf8, 0xff, 0xfe]);
const SAMPLES = 960; // of a packet, per channel

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

async function login(account) {
  const client = await discord.login(account);
  clients.push(client);
  return client;
}

/** A @discordjs/voice connection of this client to the loopback's channel, ready for audio. */
async function joinVoice(client) {
  const { guild_id: guildId, channel_id: channelId } = discord.place;
  const connection = voice.joinVoiceChannel({
    guildId,
    channelId,
    group: client.user.id,
    selfDeaf: false,
    selfMute: false,
    adapterCreator: client.guilds.cache.get(guildId).voiceAdapterCreator,
  });
  await voice.entersState(connection, voice.VoiceConnectionStatus.Ready, 10_000);
  return connection;
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

function decode(packets) {
  const decoder = new OpusScript(RATE, 2, OpusScript.Application.AUDIO);
  const pcm = Buffer.concat(packets.map((packet) => Buffer.from(decoder.decode(packet))));
  decoder.delete();
  return pcm;
}

// What @discordjs/voice 0.19 is known to do less well than the documentation asks for.
const KNOWN_SLOPPINESS = [
  'missing-silence', // its player now and then ends with the fifth silence packet still prepared, not sent
];

const faults = (report, tolerated = []) => report.findings.filter(({ rule }) => !tolerated.includes(rule));

test('discord.js logs in at the loopback gateway and finds the guild, its voice channel and its members', async () => {
  const { place } = discord;
  const client = await login(place.accounts[0]);
  assert.equal(client.user.id, place.accounts[0].user_id);
  const guild = client.guilds.cache.get(place.guild_id);
  assert.ok(guild.available);
  const room = guild.channels.cache.get(place.channel_id);
  assert.ok(room.isVoiceBased());
  assert.equal(room.bitrate, 128_000);
  await client.destroy();
  assert.deepEqual(faults(await discord.report()), []);
});

test('a @discordjs/voice listener hears all that vcplay plays, in order and in its own voice', async () => {
  const { place } = discord;
  const left = sweep({ seconds: 3, from: 200, to: 2_000 });
  const right = sweep({ seconds: 3, from: 3_000, to: 500 });
  const file = join(folder, 'sweep.wav');
  writeFileSync(file, wav([left, right]));

  const listener = await joinVoice(await login(place.accounts[1]));
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
  const report = await discord.report();
  assert.deepEqual(faults(report), []);
  assert.equal(report.packets.received, heard.sequences.length, 'nothing was lost on the way');
});

test('the loopback accepts what a @discordjs/voice player sends', async () => {
  const encoder = new OpusScript(RATE, 2, OpusScript.Application.AUDIO);
  const tone = sweep({ seconds: 2, from: 440, to: 660 });
  const packets = [];
  for (let n = 0; n + SAMPLES <= tone.length; n += SAMPLES) {
    const pcm = Buffer.alloc(SAMPLES * 4);
    for (let i = 0; i < SAMPLES; i++) {
      pcm.writeInt16LE(Math.round(tone[n + i] * 32767), 4 * i);
      pcm.writeInt16LE(Math.round(tone[n + i] * 32767), 4 * i + 2);
    }
    packets.push(Buffer.from(encoder.encode(pcm, SAMPLES)));
  }
  encoder.delete();

  const player = await joinVoice(await login(discord.place.accounts[0]));
  const audio = voice.createAudioPlayer();
  player.subscribe(audio);
  const idle = next(audio, voice.AudioPlayerStatus.Idle, 20_000);
  audio.play(voice.createAudioResource(Readable.from(packets), { inputType: voice.StreamType.Opus }));
  await idle;
  player.destroy();

  const report = await discord.report();
  assert.equal(report.mode, mode);
  assert.equal(report.packets.audio, packets.length);
  assert.equal(report.packets.heard, report.packets.received);
  assert.ok(report.packets.silence >= 4, `${report.packets.silence} silence packets`);
  assert.ok(Math.abs(report.loudness_lufs + 6) < 3, `${report.loudness_lufs} LUFS`);
  assert.deepEqual(faults(report, KNOWN_SLOPPINESS), []);
});
