// One run of vcplay that plays in the channels of five guilds, and a @discordjs/voice client that listens in all of them.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, test } from 'node:test';
import { Loopback } from './loopback.mjs';
import { decode } from './opus.mjs';
import { faults, RealClient, voice } from './real_client.mjs';
import { alignment, channel, correlation, sweep, wav } from './sound.mjs';

const folder = mkdtempSync(join(tmpdir(), 'vcplay-interop-'));
after(() => rmSync(folder, { recursive: true }));

// It begins high: so its beginning is found to the sample.
const sound = sweep({ seconds: 4, from: 3_000, to: 500 });
const song = join(folder, 'song.wav');
writeFileSync(song, wav([sound]));

let discord;
let client;
let stays = []; // one in each place
afterEach(async () => {
  await hangUp();
  discord.kill();
});

/** A loopback with these guilds and nobody in their channels but a real client, which joins and listens in each. */
async function open(...options) {
  discord = await Loopback.start('--listeners', '0', ...options);
  const [bot, other] = discord.place.accounts;
  client = await discord.login(other);
  for (const place of discord.place.places) stays.push(await RealClient.join(discord, client, bot.user_id, place));
}

/** The client hangs up first: one that loses its gateway tries for ever to find it again. */
async function hangUp() {
  stays.splice(0).forEach((stay) => stay.leave());
  await client?.destroy();
  client = null;
}

/** Nobody did anything wrong; → the report on vcplay in the first place. */
async function nobodyIsToBlame() {
  await hangUp();
  const reports = await discord.reports();
  for (const report of reports) assert.deepEqual(faults(report), []);
  return reports[0];
}

const audioOf = (stay) => stay.understood().map(({ opus }) => opus);

/** Each of these stays heard all that vcplay sent there, from the first packet to the last; → what the first heard. */
async function heardEverything(stays, targets) {
  for (const [n, stay] of stays.entries()) {
    await stay.hearsTheEnd();
    const heard = stay.heardAll();
    assert.equal(heard.length, stay.heard.length, 'everything from the first packet on');
    // Packets of the lead-in may overtake SPEAKING, which comes by TCP, where one client has five calls to look after.
    assert.equal(heard[0].outcome, 'silence');
    assert.ok(heard.length <= targets[n].packets, `heard ${heard.length} of ${targets[n].packets}`);
    assert.deepEqual(audioOf(stay), audioOf(stays[0]), 'it is encoded once');
  }
  return stays[0].heardAll().map(({ opus }) => opus);
}

/** These packets are the whole song. It takes so long to find out that no client should have to wait for it. */
function isTheSong(packets) {
  const pcm = channel(decode(packets), 0);
  const alike = correlation(sound, pcm, alignment(sound, pcm));
  assert.ok(alike >= 0.99, `correlation ${alike}`);
}

/** The code of the epoch that the client shares with vcplay in this place, which vcplay told for this place. */
async function sharedCode(play, stay, { guild_id: guild, channel_id: channel }) {
  const shared = stay.epochs.filter(({ members }) => members.includes(discord.place.accounts[0].user_id));
  assert.equal(shared.length, 1);
  const [{ epoch, code }] = shared;
  const isTold = (event) => event.event === 'e2ee' && event.guild === guild && event.channel === channel;
  await play.tells((event) => isTold(event) && event.epoch === epoch && event.code === code);
  return code;
}

test('one player, five channels: a real client in each hears the whole song, under a key of its own', async () => {
  await open('--guilds', '5');
  const { places } = discord.place;
  assert.equal(places.length, 5);
  const play = discord.begin(song);
  await play.ended();

  const targets = await play.targets();
  assert.deepEqual(
    targets.map(({ guild, channel, status, lost }) => [guild, channel, status, lost]),
    places.map(({ guild_id, channel_id }) => [guild_id, channel_id, 0, 0]),
  );
  const heard = await heardEverything(stays, targets);
  const { length } = audioOf(stays[0]);
  const codes = [];
  for (const [n, stay] of stays.entries()) codes.push(await sharedCode(play, stay, places[n]));
  assert.equal(new Set(codes).size, 5, 'each call has a group of its own');

  const report = await nobodyIsToBlame();
  assert.equal(report.gateway_identifies, 1);
  assert.equal(report.packets.audio, length);
  assert.equal(report.e2ee.frames.plaintext, 0);
  isTheSong(heard);
});

test('a moderator removes it from one of five channels: the others hear the whole song', async () => {
  const names = Array.from({ length: 5 }, (_, n) => `9138478876571238${n}/48187055323519385${n}`);
  const [, removed] = names[2].split('/');
  const script = join(folder, 'script');
  writeFileSync(script, `at 1s kick in ${removed}`);
  await open(...names.flatMap((name) => ['--channel', name]), '--script', script);
  const play = discord.begin(song);
  await play.ended(15); // some channels failed, the others heard it

  const targets = await play.targets();
  assert.deepEqual(
    targets.map(({ guild, channel, status, lost }) => [`${guild}/${channel}`, status, lost]),
    names.map((name, n) => [name, n === 2 ? 8 : 0, 0]),
  );
  const others = [0, 1, 3, 4];
  const heard = await heardEverything(others.map((n) => stays[n]), others.map((n) => targets[n]));

  const [other, , left] = stays;
  assert.equal(left.connection.state.status, voice.VoiceConnectionStatus.Ready, 'it was not the client who had to go');
  left.heardAll();
  const beginning = audioOf(left);
  assert.ok(beginning.length < audioOf(other).length);
  assert.deepEqual(beginning, audioOf(other).slice(0, beginning.length), 'the song as far as it was played there');
  await nobodyIsToBlame();
  isTheSong(heard);
});
