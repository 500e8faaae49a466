// Encrypted calls of vcplay and @discordjs/voice, whose engine is davey: who comes and goes when, whose Commit wins, and
// what everybody hears of it. VCPLAY_MODE names the transport encryption.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, test } from 'node:test';
import { Loopback } from './loopback.mjs';
import { encode, SILENCE } from './opus.mjs';
import { assertNothingWasLost, faults, KNOWN_SLOPPINESS, playPackets, RealClient } from './real_client.mjs';
import { sweep, wav } from './sound.mjs';

const folder = mkdtempSync(join(tmpdir(), 'vcplay-interop-'));
after(() => rmSync(folder, { recursive: true }));

/** A file of so many seconds. */
function song(seconds) {
  const file = join(folder, `${seconds}.wav`);
  writeFileSync(file, wav([sweep({ seconds, from: 200, to: 2_000 })]));
  return file;
}

let discord;
let clients;
let stays;
afterEach(async () => {
  stays.forEach((stay) => stay.leave());
  await Promise.all(clients.map((client) => client.destroy()));
  discord.kill();
});

/** Everybody hangs up first: a client that loses its gateway tries for ever to find it again. */
async function hangUp() {
  stays.forEach((stay) => stay.leave());
  await Promise.all(clients.splice(0).map((client) => client.destroy()));
  return discord.reports();
}

/** A loopback with so many members of its own, and so many real clients that have logged in. */
async function open({ listeners, logins }) {
  discord = await Loopback.start('--listeners', String(listeners));
  clients = [];
  stays = [];
  for (const account of discord.place.accounts.slice(1, 1 + logins)) clients.push(await discord.login(account));
  return clients;
}

/** This client joins and listens to the user; vcplay, unless told otherwise. */
async function arrive(client, userId = discord.place.accounts[0].user_id) {
  stays.push(await RealClient.join(discord, client, userId));
  return stays.at(-1);
}

/** Every epoch that the clients entered together with vcplay has the code that vcplay tells; → how many there are. */
async function sameCodes(play, ...stays) {
  const bot = discord.place.accounts[0].user_id;
  const epochs = stays.flatMap((stay) => stay.epochs).filter(({ members }) => members.includes(bot));
  for (const { epoch, code } of epochs) {
    assert.match(code, /^\d{30}$/);
    await play.tells((event) => event.event === 'e2ee' && event.epoch === epoch && event.code === code);
  }
  return new Set(epochs.map(({ code }) => code)).size;
}

/** Nobody did anything wrong; → the report on vcplay. */
async function nobodyIsToBlame() {
  const reports = await hangUp();
  for (const report of reports) assert.deepEqual(faults(report), []);
  return reports[0];
}

for (const listeners of [0, 2]) {
  test(`beside ${listeners} of our listeners, who comes before, during and after hears what there is`, async () => {
    const [ann, bob, cyd] = await open({ listeners, logins: 3 });
    const before = await arrive(ann);
    const play = discord.begin(song(6));
    await before.hears(50);
    const during = await arrive(bob);
    during.dawdle(20); // vcplay has to keep its key for so long
    await during.hears(50);
    const soFar = before.heard.length;
    before.leave();
    await during.hears(100);
    await play.ended();
    assert.equal(await sameCodes(play, before, during), 3);
    const after = await arrive(cyd);
    await after.encrypts();

    assert.equal(before.heardAll().length, soFar, 'everything from the first packet on');
    assert.ok(during.heard.filter(({ outcome }) => outcome === 'before').length >= 20, 'it dawdled');
    const end = during.heardAll().slice(-5);
    assert.deepEqual(end.map(({ opus }) => opus), Array(5).fill(SILENCE));
    assert.deepEqual(after.heard, []);
    assert.deepEqual([...after.errors, ...during.errors], []);
    assert.equal(after.epochs.at(-1).code, during.epochs.at(-1).code, 'those who remain agree');

    const { e2ee, listeners: members } = await nobodyIsToBlame();
    assert.equal(e2ee.frames.plaintext, 0);
    assert.equal(members.length, listeners);
    for (const { heard, entitled } of members) assert.equal(heard, entitled);
    if (listeners > 0) assert.ok(before.epochs.concat(during.epochs).some(({ code }) => code === e2ee.privacy_code));
  });
}

test('a client whose Commits come late is welcomed into vcplay\'s group and follows it', async () => {
  const [ann, bob] = await open({ listeners: 0, logins: 2 });
  const slow = await arrive(ann);
  slow.hesitate();
  const play = discord.begin(song(3));
  await slow.hears(30);
  const other = await arrive(bob);
  await other.hears(30);
  other.leave();
  await play.ended();

  assert.equal(await sameCodes(play, slow, other), 3);
  assert.deepEqual(racesOf(slow), [[1, false], [2, false], [3, false]]);
  assert.equal(slow.outpaced, 3, 'each of its Commits was too late');
  await everybodyHeard(slow, other);
});

test('vcplay follows the Commits of a client that is faster, and the keys change without a gap', async () => {
  const [ann, bob] = await open({ listeners: 0, logins: 2 });
  const fast = await arrive(ann);
  const play = discord.begin(song(4));
  await fast.hears(30);
  await play.freeze();
  const other = await arrive(bob);
  await fast.enters(2);
  play.resume();
  await other.hears(30);
  await play.freeze();
  other.leave();
  await fast.enters(3);
  play.resume();
  await play.ended();

  assert.equal(await sameCodes(play, fast, other), 3);
  assert.deepEqual(racesOf(fast).slice(1), [[2, true], [3, true]]);
  await everybodyHeard(fast, other);
});

/** Of its first three epochs: the number, and whether its Commit made it. */
const racesOf = (stay) => stay.epochs.slice(0, 3).map(({ epoch, won }) => [epoch, won]);

/** `whole` was there from the first packet to the last, `part` for a while. */
async function everybodyHeard(whole, part) {
  await whole.hearsTheEnd();
  const heard = whole.heardAll();
  assert.equal(heard.length, whole.heard.length, 'everything from the first packet on');
  part.heardAll();
  assertNothingWasLost(await nobodyIsToBlame(), heard, whole);
}

test('three clients at once come, go and come back beside a vcplay that they leave alone in between', async () => {
  const all = await open({ listeners: 0, logins: 3 });
  const play = discord.begin(song(7));
  const first = await Promise.all(all.map((client) => arrive(client)));
  await Promise.all(first.map((stay) => stay.hears(75)));
  first.forEach((stay) => stay.leave());
  await play.tells(({ event, line, epoch }) => event === 'e2ee' && line === 'alone' && epoch === null);
  const second = await Promise.all(all.map((client) => arrive(client)));
  await Promise.all(second.map((stay) => stay.hears(75)));
  await play.ended();

  assert.ok((await sameCodes(play, ...first)) >= 1);
  assert.ok((await sameCodes(play, ...second)) >= 1);
  for (const stay of [...first, ...second]) stay.heardAll();
  await nobodyIsToBlame();
});

test('our listeners hear all that a client plays, whoever comes and goes, even under an early key', async () => {
  const [ann, bob] = await open({ listeners: 2, logins: 2 });
  const packets = encode(sweep({ seconds: 4, from: 440, to: 660 }));
  const player = await arrive(ann);
  await player.encrypts(); // it would send in the clear until then
  const played = playPackets(player.connection, packets);
  const guest = await arrive(bob, player.id);
  guest.dawdle(20);
  await guest.hears(75);
  guest.leave();
  await played;

  guest.heardAll();
  const [, report, other] = await hangUp();
  assert.deepEqual(faults(other), []);
  assert.deepEqual(faults(report, KNOWN_SLOPPINESS), []);
  assert.ok(report.findings.some(({ rule }) => rule === 'early-key'), 'the early key is noticed');
  assert.equal(report.packets.audio, packets.length);
  const { decrypted, undecryptable, plaintext } = report.e2ee.frames;
  assert.deepEqual([decrypted, undecryptable, plaintext], [packets.length, 0, 0]);
  assert.equal(report.listeners.length, 2);
  for (const { heard } of report.listeners) assert.equal(heard, report.packets.received);
  assert.equal(report.e2ee.privacy_code, player.epochs.at(-1).code);
});
