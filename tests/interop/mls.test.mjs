// core/mls beside ts-mls in one group: random people come and go, either side commits, and all must end in the same
// epoch. VCPLAY_SEED repeats a run that failed.

import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { after, test } from 'node:test';
import { Dice, OurMember, Room, Sleeper } from './groups.mjs';
import { Peer } from './peer.mjs';
import { TsMember } from './ts_mls.mjs';

const peer = new Peer();
after(() => peer.end());

const seed = Number(process.env.VCPLAY_SEED ?? randomInt(2 ** 32));

let people = 0;
const crowd = (Kind, count) =>
  Array.from({ length: count }, () => new Kind(peer, String(300000000000000000n + BigInt((people += 1)))));

/** A byte changed somewhere: no one of the other kind goes along. */
async function spoilt(dice, commit, room, committer) {
  const listener = dice.one(room.awake.filter((member) => member.constructor !== committer.constructor));
  const changed = Buffer.from(commit);
  const place = dice.below(changed.length);
  // Of two bits ts-mls takes the higher for nothing where one is all there may be (RFC 9420 s2.1.1).
  changed[place] ^= listener instanceof TsMember ? 1 : 1 << dice.below(8);
  await assert.rejects(
    listener.follow(changed),
    `byte ${place} of ${changed.length} changed, yet ${listener.constructor.kind} follows`,
  );
}

/** Who comes and goes next: few as a rule, up to `burst` now and then, and now and then somebody who is replaced. */
function plan(dice, room, everybody, committers, burst) {
  const most = dice.below(8) === 0 ? burst : 3;
  const outside = everybody.filter((one) => !room.members.includes(one));
  const free = room.members.filter((member) => !committers.includes(member));
  const remove = dice.some(free, dice.below(Math.min(most, free.length) + 1));
  const add = dice.some(outside, dice.below(Math.min(most, outside.length) + 1));
  if (remove.length > 0 && dice.below(4) === 0) add.push(dice.one(remove));
  if (remove.length + add.length > 0) return { add, remove };
  return outside.length > 0 ? { add: [dice.one(outside)], remove } : { add, remove: [dice.one(free)] };
}

async function live(dice, { ours, theirs, asleep, epochs, full = false }) {
  const kinds = [crowd(OurMember, ours), crowd(TsMember, theirs)];
  const everybody = [...kinds.flat(), ...crowd(Sleeper, asleep)];
  const room = new Room(peer);
  const [founder, second] = dice.some(kinds, 2).map((kind) => kind[0]);
  await room.found(founder, full ? everybody.filter((one) => one !== founder) : [second]);

  for (let n = 0; n < epochs; n++) {
    // One of each kind commits; they win in turns.
    const committers = kinds.map((kind) => dice.one(kind.filter((one) => room.members.includes(one))));
    if (n % 2 === 1) committers.reverse();
    await room.step({
      ...plan(dice, room, everybody, committers, full ? 3 : everybody.length),
      proposer: dice.below(2) === 0 ? undefined : dice.one(room.awake),
      committers,
      spoil: (commit) => spoilt(dice, commit, room, committers[0]),
    });
  }
}

for (const group of [
  { ours: 1, theirs: 1, asleep: 1, epochs: 16 },
  { ours: 4, theirs: 4, asleep: 0, epochs: 32 },
  { ours: 10, theirs: 6, asleep: 16, epochs: 20 },
  { ours: 14, theirs: 6, asleep: 180, epochs: 8, full: true },
]) {
  const { ours, theirs, asleep, epochs } = group;
  test(`${epochs} epochs of a group of up to ${ours + theirs + asleep}`, async (t) => {
    t.diagnostic(`VCPLAY_SEED=${seed}`);
    try {
      await live(new Dice(seed), group);
    } catch (failure) {
      failure.message += ` (VCPLAY_SEED=${seed})`;
      throw failure;
    }
  });
}
