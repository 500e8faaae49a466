// The words of the stories about groups: our members and theirs, a gateway that may propose, what all must agree on.

import assert from 'node:assert/strict';
import { bytes, hex, id64 } from './peer.mjs';

/** core/mls, by way of mls_peer. */
export class OurMember {
  static kind = 'vcplay';

  constructor(peer, id) {
    Object.assign(this, { peer, id, ready: peer.ask('member', { who: id }) });
  }

  async keyPackage() {
    return bytes((await this.#ask('key_package')).key_package);
  }
  async create(groupId, externalSender) {
    await this.#ask('create', { group_id: hex(groupId), external_sender: hex(externalSender) });
  }
  async join(welcome) {
    await this.#ask('join', { welcome: hex(welcome) });
  }
  async propose({ add, remove }) {
    return (await this.#ask('propose', { add: add.map(hex), remove })).proposals.map(bytes);
  }
  async hear(proposals) {
    await this.#ask('hear', { proposals: proposals.map(hex) });
  }
  async commit() {
    const { commit, welcome } = await this.#ask('commit');
    return { commit: bytes(commit), welcome: welcome && bytes(welcome) };
  }
  async adopt() {
    await this.#ask('adopt');
  }
  async follow(commit) {
    return this.#ask('follow', { commit: hex(commit) });
  }
  async view({ label, context, length }) {
    return this.#ask('state', { label, context: hex(context), length });
  }

  async #ask(what, fields) {
    return this.peer.ask(what, { who: this.id, ...fields });
  }
}

/** A key package that nobody is behind: a member who makes the group larger and does nothing. */
export class Sleeper {
  static kind = 'asleep';

  constructor(peer, id) {
    Object.assign(this, { id, keyPackage: OurMember.prototype.keyPackage.bind(new OurMember(peer, id)) });
  }
}

/** Numbers below 1 that a seed decides (mulberry32), and choices made by them. */
export class Dice {
  constructor(seed) {
    this.state = seed >>> 0;
  }
  roll() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let x = this.state;
    x = Math.imul(x ^ (x >>> 15), x | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  }
  /** A whole number from 0 to below `end`. */
  below(end) {
    return Math.floor(this.roll() * end);
  }
  one(list) {
    return list[this.below(list.length)];
  }
  /** `count` of them, in any order. */
  some(list, count) {
    const left = [...list];
    return Array.from({ length: count }, () => left.splice(this.below(left.length), 1)[0]);
  }
}

const isAwake = (member) => !(member instanceof Sleeper);
const identity = ({ id }) => hex(id64(id));

/** A group and everybody in it, each with their own view of it. */
export class Room {
  static ID = id64('200000000000000002');

  members = [];
  epoch = 0;
  #leaves = new Map();

  constructor(peer) {
    this.peer = peer;
  }

  get awake() {
    return this.members.filter(isAwake);
  }

  /** `founder` makes the group, and welcomes the others at once. */
  async found(founder, others) {
    const { external_sender: sender } = await this.peer.ask('external_sender');
    await founder.keyPackage();
    await founder.create(Room.ID, bytes(sender));
    this.members = [founder];
    await this.agree();
    if (others.length > 0) await this.step({ add: others, remove: [], committers: [founder] });
  }

  /**
   * One epoch: proposals, by a member or by the gateway; Commits of several members, the first of which wins; before it
   * is heard, `spoil` may have its way with it.
   */
  async step({ add, remove, proposer, committers, spoil }) {
    const proposals = await this.#propose(add, remove, proposer);
    await Promise.all(this.awake.map((member) => member.hear(proposals)));
    const [{ commit, welcome }] = await Promise.all(committers.map((member) => member.commit()));
    await spoil?.(commit, this);

    await Promise.all(
      this.awake.map(async (member) => {
        if (member === committers[0]) return member.adopt();
        const { removed } = await member.follow(commit);
        assert.equal(removed, remove.includes(member), `whether ${member.id} is told to go`);
      }),
    );
    await Promise.all(add.filter(isAwake).map((member) => member.join(welcome)));
    this.members = [...this.members.filter((member) => !remove.includes(member)), ...add];
    this.epoch += 1;
    await this.agree();
  }

  /** Epoch, authenticator, an exported secret and the roster are the same in every view. */
  async agree() {
    const context = Buffer.alloc(8);
    context.writeBigUInt64LE(BigInt(this.members[0].id));
    const ask = { label: 'Discord Secure Frames v0', context, length: 16 };
    const views = await Promise.all(this.awake.map((member) => member.view(ask)));
    views.forEach((view, n) => {
      const { id, constructor } = this.awake[n];
      assert.deepEqual(view, { ...views[0], epoch: this.epoch }, `the view of ${id} (${constructor.kind})`);
    });
    this.#leaves = new Map(views[0].roster.map(([leaf, identity]) => [identity, leaf]));
    assert.deepEqual([...this.#leaves.keys()].sort(), this.members.map(identity).sort());
  }

  async #propose(add, remove, proposer) {
    const what = {
      add: await Promise.all(add.map((member) => member.keyPackage())),
      remove: remove.map((member) => this.#leaves.get(identity(member))),
    };
    if (proposer !== undefined) return proposer.propose(what);
    const { proposals } = await this.peer.ask('external_propose', {
      group_id: hex(Room.ID),
      epoch: this.epoch,
      add: what.add.map(hex),
      remove: what.remove,
    });
    return proposals.map(bytes);
  }
}
