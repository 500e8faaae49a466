// The words of the stories about calls: a voice gateway that proposes and announces, and members of two kinds in it.

import assert from 'node:assert/strict';
import davey from '@snazzah/davey';
import { bytes, hex, id64, vector } from './peer.mjs';

const Op = {
  clientsConnect: 11,
  clientDisconnect: 13,
  executeTransition: 22,
  externalSender: 25,
  keyPackage: 26,
  proposals: 27,
  commitWelcome: 28,
  commit: 29,
  welcome: 30,
};

/** vcplay: dave::Session, its FrameEncryptor and our listener's FrameDecryptor. */
export class OurMember {
  said = []; // opcodes that it wanted to be sent, since somebody looked
  line = 'nothing yet'; // what stands on the sender's line

  constructor(peer, id) {
    Object.assign(this, { peer, id });
  }

  async enter(channel, externalSender) {
    await this.#ask('caller', { channel });
    await this.#do('binary', { op: Op.externalSender, body: hex(externalSender) });
    await this.#do('begin', { version: 1 });
    return this.keyPackage;
  }

  see(ids) {
    return this.#do('text', { op: Op.clientsConnect, d: { user_ids: ids } });
  }
  miss(id) {
    return this.#do('text', { op: Op.clientDisconnect, d: { user_id: id } });
  }
  async append(proposals) {
    return this.#committed(await this.#do('binary', { op: Op.proposals, body: `00${hex(proposals)}` }));
  }
  async revoke(refs) {
    return this.#committed(await this.#do('binary', { op: Op.proposals, body: `01${hex(refs)}` }));
  }
  commit(transition, commit) {
    return this.#announce(Op.commit, transition, commit);
  }
  welcome(transition, welcome) {
    return this.#announce(Op.welcome, transition, welcome);
  }
  execute(transition) {
    return this.#do('text', { op: Op.executeTransition, d: { transition_id: transition } });
  }

  async encrypt(opus) {
    return bytes((await this.#ask('encrypt', { opus: hex(opus) })).frame);
  }
  async decrypt(from, frame) {
    const { outcome, opus } = await this.#ask('decrypt', { from, frame: hex(frame) });
    if (outcome !== 'decrypted' && outcome !== 'silence') throw new Error(outcome);
    return bytes(opus);
  }
  fingerprint(other) {
    return this.#ask('fingerprint', { with: other });
  }
  state() {
    return this.#ask('state');
  }

  #ask(what, fields) {
    return this.peer.ask(what, { who: this.id, ...fields });
  }
  #announce(op, transition, message) {
    const number = Buffer.alloc(2);
    number.writeUInt16BE(transition);
    return this.#do('binary', { op, body: hex(Buffer.concat([number, message])) });
  }
  async #do(what, fields) {
    const { actions } = await this.#ask(what, fields);
    for (const action of actions) {
      if (action.op !== undefined) this.said.push(action.op);
      if (action.op === Op.keyPackage) this.keyPackage = bytes(action.body);
      if (action.line !== undefined) this.line = action.line;
      if (action.code !== undefined) this.code = action.code;
    }
    return actions;
  }
  #committed(actions) {
    const made = actions.find(({ op }) => op === Op.commitWelcome);
    return made && { commit: bytes(made.commit), welcome: made.welcome && bytes(made.welcome) };
  }
}

/** @snazzah/davey, the engine of @discordjs/voice. */
export class DaveyMember {
  constructor(id) {
    Object.assign(this, { id });
  }

  async enter(channel, externalSender) {
    this.seen = new Set([this.id]);
    this.session = new davey.DAVESession(1, this.id, channel);
    this.session.setExternalSender(externalSender);
    return this.session.getSerializedKeyPackage();
  }

  async see(ids) {
    for (const id of ids) this.seen.add(id);
  }
  async miss(id) {
    this.seen.delete(id);
  }
  async append(proposals) {
    return this.#process(davey.ProposalsOperationType.APPEND, proposals);
  }
  async revoke(refs) {
    return this.#process(davey.ProposalsOperationType.REVOKE, refs);
  }
  async commit(_transition, commit) {
    this.session.processCommit(commit);
  }
  async welcome(_transition, welcome) {
    this.session.processWelcome(welcome);
  }
  async execute() {} // it has changed its key already

  async encrypt(opus) {
    return this.session.encryptOpus(opus);
  }
  async decrypt(from, frame) {
    return this.session.decrypt(from, davey.MediaType.AUDIO, frame);
  }
  async fingerprint(other) {
    const fingerprint = hex(await this.session.getPairwiseFingerprint(0, other));
    return { fingerprint, code: (await this.session.getVerificationCode(other)).replaceAll(' ', '') };
  }
  async state() {
    const { epoch, ownLeafIndex: leaf } = this.session;
    return { epoch: Number(epoch), leaf, authenticator: hex(this.session.getEpochAuthenticator()) };
  }
  get code() {
    return this.session.voicePrivacyCode.replaceAll(' ', '');
  }

  #process(operation, content) {
    const made = this.session.processProposals(operation, content, [...this.seen]);
    return made.commit && made;
  }
}

/** One voice channel, as its gateway handles it. */
export class Call {
  members = new Map(); // connected, by user id
  group = new Set(); // ids of those who were welcomed
  #packages = new Map();
  #epoch = 0;
  #transition = 0;
  #said = 0;

  static async start(peer, channel = '200000000000000002') {
    const call = new Call();
    const { external_sender: sender } = await peer.ask('external_sender');
    return Object.assign(call, { peer, channel, sender: bytes(sender) });
  }

  // ── step by step ──

  async connect(...newcomers) {
    for (const member of newcomers) {
      this.#packages.set(member.id, await member.enter(this.channel, this.sender));
      this.members.set(member.id, member);
    }
    const ids = [...this.members.keys()];
    for (const member of this.members.values()) await member.see(ids.filter((id) => id !== member.id));
  }
  async disconnect(member) {
    this.members.delete(member.id);
    for (const other of this.members.values()) await other.miss(member.id);
  }
  /** A key package that was said after entering. */
  renew(member, keyPackage) {
    this.#packages.set(member.id, keyPackage);
  }

  /** Signed proposals of this epoch. */
  async proposals({ add = [], remove = [] }) {
    const { proposals, refs } = await this.peer.ask('external_propose', {
      group_id: hex(id64(this.channel)),
      epoch: this.#epoch,
      add: add.map(({ id }) => hex(this.#packages.get(id))),
      remove: await Promise.all(remove.map(async (member) => (await member.state()).leaf)),
    });
    const list = (all, length = (one) => one) => vector(Buffer.concat(all.map((one) => length(bytes(one)))));
    return { append: list(proposals), revoke: list(refs, vector) };
  }
  /** What each of them answers with a Commit, by user id. */
  async propose(proposals, to) {
    const commits = new Map();
    for (const member of to) {
      const made = await member.append(proposals.append);
      if (made) commits.set(member.id, made);
    }
    return commits;
  }
  /** Each one's own group is to have all the others in it. */
  async proposeFirst() {
    const commits = new Map();
    const all = [...this.members.values()];
    for (const member of all) {
      const proposals = await this.proposals({ add: all.filter((other) => other !== member) });
      commits.set(member.id, await member.append(proposals.append));
    }
    return commits;
  }
  /** This Commit has won: → the transition. `added` are welcomed, everybody else in `followers` gets the Commit. */
  async announce({ commit, welcome }, { added = [], followers }) {
    this.#transition += 1;
    for (const member of followers) await member.commit(this.#transition, commit);
    for (const member of added) await member.welcome(this.#transition, welcome);
    this.group = new Set([...followers, ...added].map(({ id }) => id));
    this.#epoch += 1;
    return this.#transition;
  }
  async execute(transition) {
    for (const member of this.#inGroup()) await member.execute(transition);
  }

  // ── in one go ──

  /** All who are connected form the group, with `winner`'s Commit. */
  async form(winner) {
    const commits = await this.proposeFirst();
    const added = [...this.members.values()].filter((member) => member !== winner);
    await this.execute(await this.announce(commits.get(winner.id), { added, followers: [winner] }));
  }
  /** Connected members come in and others go, all of it in `winner`'s Commit. */
  async change({ add = [], remove = [], winner }) {
    const proposals = await this.proposals({ add, remove });
    const followers = this.#inGroup().filter((member) => !remove.includes(member));
    const commits = await this.propose(proposals, followers);
    assert.equal(commits.size, followers.length, 'every member commits');
    await this.execute(await this.announce(commits.get(winner.id), { added: add, followers }));
  }

  // ── what they make of it ──

  /** Epoch, authenticator and privacy code are the same for everybody. */
  async agrees() {
    const members = this.#inGroup();
    const states = await Promise.all(members.map((member) => member.state()));
    states.forEach(({ epoch, authenticator }, i) => {
      assert.equal(epoch, this.#epoch, `epoch of ${members[i].id}`);
      assert.equal(authenticator, states[0].authenticator, `epoch authenticator of ${members[i].id}`);
      assert.equal(members[i].code, members[0].code, `privacy code of ${members[i].id}`);
    });
    assert.match(members[0].code, /^\d{30}$/);
  }
  /** Each two have the same pairwise fingerprint. davey takes half a second for one. */
  async fingerprintsMatch() {
    const members = this.#inGroup();
    for (const one of members) {
      for (const other of members.filter(({ id }) => id > one.id)) {
        const seen = await one.fingerprint(other.id);
        assert.deepEqual(seen, await other.fingerprint(one.id), `fingerprint of ${one.id} and ${other.id}`);
        assert.match(seen.code, /^\d{45}$/);
      }
    }
  }
  /** Each one says `count` packets, and all the others understand them. */
  async talks(count = 3) {
    for (const speaker of this.#inGroup()) {
      for (let n = 0; n < count; n++) {
        const opus = this.packet();
        const frame = await speaker.encrypt(opus);
        assert.notDeepEqual(frame.subarray(0, opus.length), opus, 'the packet travels encrypted');
        await this.hears(speaker, frame, opus);
      }
    }
  }
  /** All but the speaker understand this frame. */
  async hears(speaker, frame, opus) {
    for (const listener of this.#inGroup().filter((member) => member !== speaker)) {
      assert.deepEqual(await listener.decrypt(speaker.id, frame), opus, `${speaker.id} heard by ${listener.id}`);
    }
  }
  /** Something like an Opus packet, no two of them alike, of lengths up to the longest. */
  packet() {
    this.#said += 1;
    const opus = Buffer.alloc(20 + ((this.#said * 211) % 1256), this.#said);
    opus.writeUInt32BE(this.#said, 1);
    opus[0] = 0xfc;
    return opus;
  }

  #inGroup() {
    return [...this.members.values()].filter(({ id }) => this.group.has(id));
  }
}
