// A @discordjs/voice client that sits in the channel while vcplay loses its connections and gets them back: it hears
// what one of our listeners beside it hears. VCPLAY_MODE names the transport encryption.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, test } from 'node:test';
import { Loopback } from './loopback.mjs';
import { assertNothingWasLost, faults, RealClient, voice } from './real_client.mjs';
import { sweep, wav } from './sound.mjs';

const folder = mkdtempSync(join(tmpdir(), 'vcplay-interop-'));
after(() => rmSync(folder, { recursive: true }));
const song = join(folder, 'song.wav');
writeFileSync(song, wav([sweep({ seconds: 4, from: 200, to: 2_000 })]));

let discord;
let clients = [];
let stays = [];
afterEach(async () => {
  stays.splice(0).forEach((stay) => stay.leave());
  await Promise.all(clients.splice(0).map((client) => client.destroy()));
  discord.kill();
});

/** A loopback where this befalls vcplay, with so many listeners of its own, and so many real clients logged in. */
async function storm(script, { listeners = 1, logins = 1 } = {}) {
  const file = join(folder, 'script');
  writeFileSync(file, script);
  discord = await Loopback.start('--listeners', String(listeners), '--script', file);
  for (const account of discord.place.accounts.slice(1, 1 + logins)) clients.push(await discord.login(account));
  return clients;
}

const vcplay = () => discord.place.accounts[0].user_id;

/** This client joins and listens to vcplay. */
async function arrive(client) {
  stays.push(await RealClient.join(discord, client, vcplay()));
  return stays.at(-1);
}

/** The epochs that it entered together with vcplay. */
const shared = (stay) => stay.epochs.filter(({ members }) => members.includes(vcplay()));

/** → the report on vcplay, once everybody has hung up; nobody did anything wrong, and all of the script happened. */
async function reportOnVcplay(script) {
  stays.splice(0).forEach((stay) => stay.leave());
  await Promise.all(clients.splice(0).map((client) => client.destroy()));
  const reports = await discord.reports();
  for (const report of reports) assert.deepEqual(faults(report), []);
  assert.equal(reports[0].faults.length, script.split(';').length, 'all of it happened');
  return reports[0];
}

/** It never left the channel, and each epoch that it shared with vcplay had one code. */
async function isStillThere(stay, play) {
  assert.equal(stay.connection.state.status, voice.VoiceConnectionStatus.Ready);
  assert.deepEqual(stay.errors, []);
  for (const { epoch, code } of shared(stay)) {
    await play.tells((event) => event.event === 'e2ee' && event.epoch === epoch && event.code === code);
  }
}

// What is resumed: not one packet is missing, and the group goes on.
for (const script of [
  'at 1s drop gateway',
  'at 1s reconnect gateway',
  'at 1s drop voice',
  'at 1s close voice 4015',
  'at 1s refuse voice for 500ms; at 1s drop voice',
  'at 1s drop voice; at 2s drop gateway; at 3s drop voice',
]) {
  test(`through "${script}" it hears every packet`, async () => {
    const [ann] = await storm(script);
    const stay = await arrive(ann);
    const play = discord.begin(song);
    await play.ended();
    await isStillThere(stay, play);
    await stay.hearsTheEnd();
    const heard = stay.heardAll();

    const report = await reportOnVcplay(script);
    assert.equal(report.gateway_resumes + report.voice_resumes, script.match(/at \d+s (drop|reconnect|close)/g).length);
    assert.equal(report.voice_identifies, 1);
    assert.equal(report.listeners[0].heard, report.packets.received);
    assertNothingWasLost(report, heard, stay);
  });
}

// What is begun anew: another voice session, another key, another epoch, and the same song.
for (const script of [
  'at 1s close voice 4006',
  'at 1s migrate after 300ms',
  'at 1s migrate at once',
  'at 1s forget voice; at 1s drop voice',
]) {
  test(`through "${script}" it stays, and hears the rest of the song`, async () => {
    const [ann] = await storm(script);
    const stay = await arrive(ann);
    const play = discord.begin(song);
    await stay.hears(30);
    const before = shared(stay).length;
    await play.ended();
    await isStillThere(stay, play);
    assert.ok(shared(stay).length > before, 'vcplay left the group and came back');
    const understood = stay.understood().length;

    const report = await reportOnVcplay(script);
    assert.equal(report.voice_identifies, 2);
    assert.equal(report.packets.audio, understood, 'what was sent was understood');
    const [ours] = report.listeners;
    assert.equal(ours.heard, ours.entitled);
  });
}

test('somebody goes while vcplay is away: back again, it follows the Commit that it missed', async () => {
  const script = 'at 2s refuse voice for 700ms; at 2s drop voice';
  const [ann, bob] = await storm(script, { listeners: 0, logins: 2 });
  const stay = await arrive(ann);
  const guest = await arrive(bob);
  const play = discord.begin(song);
  await guest.hears(105); // each packet is 20 ms
  guest.leave();
  await play.ended();
  await isStillThere(stay, play);
  await stay.hearsTheEnd();
  const heard = stay.heardAll();
  const last = shared(stay).at(-1);
  assert.ok(last.won, 'vcplay could not be the first');
  assert.ok(!last.members.includes(guest.id));

  const report = await reportOnVcplay(script);
  assert.deepEqual([report.voice_identifies, report.voice_resumes], [1, 1]);
  assertNothingWasLost(report, heard, stay);
});
