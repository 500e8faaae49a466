// core/dave beside @snazzah/davey, which stands on OpenMLS and on no code of ours, in calls of both. The voice gateway
// is played by the test, so that each race ends as the story wants it.

import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { Call, DaveyMember, OurMember } from './call.mjs';
import { Peer } from './peer.mjs';

const peer = new Peer();
after(() => peer.end());

const SILENCE = Buffer.from([0xf8, 0xff, 0xfe]);
const Op = { readyForTransition: 23, keyPackage: 26, invalidCommitWelcome: 31 };

let call, bot, twin, ann, bob;
beforeEach(async () => {
  call = await Call.start(peer);
  bot = new OurMember(peer, '100000000000000001');
  twin = new OurMember(peer, '900000000000000009');
  ann = new DaveyMember('300000000000000003');
  bob = new DaveyMember('400000000000000004');
});

for (const winner of ['vcplay', 'davey']) {
  const wins = () => ({ vcplay: bot, davey: ann })[winner];

  test(`${winner} forms the group, and commits who comes, who goes, and both at once`, async () => {
    await call.connect(bot, ann);
    await call.form(wins());
    await call.agrees();
    await call.fingerprintsMatch();
    await call.talks(150); // beyond the frame nonces of one byte

    await call.connect(bob);
    await call.change({ add: [bob], winner: wins() });
    await call.agrees();
    await call.fingerprintsMatch();
    await call.talks();

    await call.disconnect(bob);
    await call.change({ remove: [bob], winner: wins() });
    await call.agrees();
    await call.talks();

    await call.connect(bob);
    await call.change({ add: [bob], winner: wins() });
    await call.connect(twin);
    await call.disconnect(bob);
    await call.change({ add: [twin], remove: [bob], winner: wins() });
    await call.agrees();
    await call.talks();
  });

  test(`${winner} welcomes three at once, and all four take turns`, async () => {
    await call.connect(bot, ann, twin, bob);
    await call.form(wins());
    await call.agrees();
    await call.talks();

    const everybody = [bot, bob, twin, ann];
    for (const [n, leaver] of everybody.entries()) {
      const committer = everybody[(n + 1) % everybody.length];
      await call.disconnect(leaver);
      await call.change({ remove: [leaver], winner: committer });
      await call.connect(leaver);
      await call.change({ add: [leaver], winner: everybody[(n + 2) % everybody.length] });
      await call.agrees();
      await call.talks();
    }
  });
}

for (const winner of ['vcplay', 'davey']) {
  test(`${winner} shrinks the group to the right half of its tree, where no path reaches the root`, async () => {
    const left = ['51', '52', '53'].map((n) => new DaveyMember(`5000000000000000${n}`));
    await call.connect(bob, ...left, bot, ann);
    await call.form(bob);
    const leaves = await Promise.all([bob, ...left, bot, ann].map((member) => member.state()));
    assert.deepEqual(leaves.map(({ leaf }) => leaf), [0, 1, 2, 3, 4, 5]);

    for (const member of [bob, ...left]) await call.disconnect(member);
    await call.change({ remove: [bob, ...left], winner: { vcplay: bot, davey: ann }[winner] });
    await call.agrees();
    await call.talks();
  });
}

test('an older Commit of ours may win: everybody ends in its epoch', async () => {
  await call.connect(bot, ann);
  await call.form(ann);
  await call.connect(bob);
  const first = await call.propose(await call.proposals({ add: [bob] }), [bot, ann]);
  await call.connect(twin);
  const second = await call.propose(await call.proposals({ add: [twin] }), [bot, ann]);
  assert.notDeepEqual(first.get(bot.id).commit, second.get(bot.id).commit);

  await call.execute(await call.announce(first.get(bot.id), { added: [bob], followers: [bot, ann] }));
  await call.agrees();
  await call.talks();
});

test('a revoked proposal is in nobody\'s Commit', async () => {
  await call.connect(bot, ann, bob);
  await call.form(bot);
  await call.connect(twin);
  for (const winner of [ann, bot]) {
    const everybody = [bot, ann];
    const staying = await call.proposals({ remove: [bob] });
    const revoked = await call.proposals({ add: [twin] });
    await call.propose(staying, everybody);
    await call.propose(revoked, everybody);
    const commits = new Map();
    for (const member of everybody) commits.set(member, await member.revoke(revoked.revoke));

    await call.disconnect(bob);
    await call.execute(await call.announce(commits.get(winner), { followers: everybody }));
    await call.agrees();
    await call.talks();

    await call.connect(bob);
    await call.change({ add: [bob], winner });
  }
});

test('until a transition is executed we speak with the old key, and from then on with the new one', async () => {
  await call.connect(bot, ann);
  await call.form(ann);
  await call.connect(bob);
  const commits = await call.propose(await call.proposals({ add: [bob] }), [bot, ann]);
  const transition = await call.announce(commits.get(ann.id), { added: [bob], followers: [bot, ann] });
  assert.equal(bot.said.at(-1), Op.readyForTransition);

  const before = call.packet();
  const early = await bot.encrypt(before);
  assert.deepEqual(await ann.decrypt(bot.id, early), before);
  await assert.rejects(bob.decrypt(bot.id, early), 'who has just come has no old key');
  // davey has changed its key at the Commit already.
  const ahead = call.packet();
  assert.deepEqual(await bot.decrypt(ann.id, await ann.encrypt(ahead)), ahead);

  await call.execute(transition);
  await call.talks();
});

test('each passes the other\'s silence', async () => {
  await call.connect(bot, ann);
  await call.form(bot);
  await call.hears(bot, await bot.encrypt(SILENCE), SILENCE);
  await call.hears(ann, await ann.encrypt(SILENCE), SILENCE);
  await call.talks();
});

test('neither takes a frame that was changed, or that was said before', async () => {
  await call.connect(bot, ann);
  await call.form(bot);
  for (const [speaker, listener] of [
    [bot, ann],
    [ann, bot],
  ]) {
    const opus = call.packet();
    const frame = await speaker.encrypt(opus);
    for (let n = 0; n < frame.length; n++) {
      const changed = Buffer.from(frame);
      changed[n] ^= 0x01;
      await assert.rejects(listener.decrypt(speaker.id, changed), `byte ${n} of ${frame.length}`);
    }
    assert.deepEqual(await listener.decrypt(speaker.id, frame), opus);
    await assert.rejects(listener.decrypt(speaker.id, frame), 'a replay');
  }
  await call.talks();
});

test('a changed Commit of davey\'s is refused, and we come back with a new key package', async () => {
  await call.connect(bot, ann);
  await call.form(ann);
  await call.connect(bob);
  const { commit, welcome } = (await call.propose(await call.proposals({ add: [bob] }), [bot, ann])).get(ann.id);
  const changed = Buffer.from(commit);
  changed[changed.length - 1] ^= 0x01;

  const old = bot.keyPackage;
  bot.said = [];
  await bot.commit(99, changed);
  assert.deepEqual(bot.said, [Op.invalidCommitWelcome, Op.keyPackage]);
  assert.notDeepEqual(bot.keyPackage, old);
  // Still under the old key, which davey keeps for a while.
  const opus = call.packet();
  const frame = await bot.encrypt(opus);
  assert.deepEqual(await ann.decrypt(bot.id, frame), opus);

  await call.execute(await call.announce({ commit, welcome }, { added: [bob], followers: [ann] }));
  call.renew(bot, bot.keyPackage);
  const leaf = { state: async () => ({ leaf: 1 }) }; // ann formed the group, so the bot came second
  const commits = await call.propose(await call.proposals({ add: [bot], remove: [leaf] }), [ann, bob]);
  await call.execute(await call.announce(commits.get(bob.id), { added: [bot], followers: [ann, bob] }));
  await call.agrees();
  await call.talks();
});

test('a changed Commit of ours is refused by davey', async () => {
  await call.connect(bot, ann);
  await call.form(bot);
  await call.connect(bob);
  const commits = await call.propose(await call.proposals({ add: [bob] }), [bot, ann]);
  const { commit, welcome } = commits.get(bot.id);
  for (const place of [10, Math.floor(commit.length / 2), commit.length - 40, commit.length - 1]) {
    const changed = Buffer.from(commit);
    changed[place] ^= 0x01;
    await assert.rejects(ann.commit(99, changed), `byte ${place} of ${commit.length}`);
  }

  await call.execute(await call.announce({ commit, welcome }, { added: [bob], followers: [bot, ann] }));
  await call.agrees();
  await call.talks();
});
