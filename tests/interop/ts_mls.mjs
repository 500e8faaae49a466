// ts-mls as a member of groups: RFC 9420 in TypeScript, on no code that core/mls stands on.

import assert from 'node:assert/strict';
import { registerHooks } from 'node:module';
import { p256 } from '@noble/curves/nist.js';
import { bytes, hex, id64, vector } from './peer.mjs';

// Where the published ts-mls departs from the RFC it is corrected while it is loaded, lest it refuse what is right.
const CORRECTIONS = [
  // s7.9.2: an unmerged leaf of a node is one of every node between the two, too. It asks that all nodes above that
  // leaf have the same list.
  [
    /clientState\.js$/,
    /!arraysEqual\(dpNode\.parent\.unmergedLeaves, n\.parent\.unmergedLeaves\)/,
    'dp.indexOf(parentIdx) < dp.indexOf(i) && !dpNode.parent.unmergedLeaves.includes(unmergedLeaf)',
  ],
  // s12.4.1: the commit secret follows from the last path secret, which is not the root's when half the tree is empty
  // (davey.test.mjs has OpenMLS agree with us there).
  [
    /pathSecrets\.js$/,
    /(await deriveSecret\(pathSecrets\[currentIndex\], "path", kdf\))/,
    'tree[nextIndex] === undefined ? pathSecrets[currentIndex] : $1',
  ],
  // s12.1.8.1: external_senders is a vector, the length of which takes two bytes for one sender. It reads a bare one.
  [
    /(clientState|publicMessage)\.js$/,
    /decodeExternalSender\((\w+)\.extensionData, 0\)/,
    'decodeExternalSender($1.extensionData, 2)',
  ],
];
const corrected = [];
registerHooks({
  load(url, context, nextLoad) {
    const module = nextLoad(url, context);
    if (!url.includes('/ts-mls/')) return module;
    let source = module.source.toString();
    for (const [file, wrong, right] of CORRECTIONS) {
      if (!file.test(url)) continue;
      assert.match(source, wrong, `${url} is another ts-mls than was corrected`);
      source = source.replace(wrong, right);
      corrected.push(url);
    }
    return { ...module, source };
  },
});
const mls = await import('ts-mls');
assert.equal(corrected.length, 4);

const suite = await mls.getCiphersuiteImpl(
  mls.getCiphersuiteFromName('MLS_128_DHKEMP256_AES128GCM_SHA256_P256'),
);
const noPsk = mls.emptyPskIndex;

function decoded(message) {
  const [value, end] = mls.decodeMlsMessage(message, 0) ?? [];
  if (value === undefined || end !== message.length) throw new Error('no MLSMessage');
  return value;
}
// A KeyPackage and a Welcome travel in DAVE without the MLSMessage around them.
const HEADS = { key_package: '00010005', welcome: '00010003' };
const wrapped = (kind, message) => decoded(Buffer.concat([bytes(HEADS[kind]), message]));
const unwrapped = (kind, content) =>
  Buffer.from(mls.encodeMlsMessage({ version: 'mls10', wireformat: `mls_${kind}`, ...content })).subarray(4);

export class TsMember {
  static kind = 'ts-mls';

  constructor(_peer, id) {
    const signKey = p256.utils.randomSecretKey();
    // RFC 9420 s5.1.1: not compressed, as the keys are that ts-mls makes when it is asked for them.
    this.keys = { signKey, publicKey: p256.getPublicKey(signKey, false) };
    this.id = id;
  }

  async keyPackage() {
    const credential = { credentialType: 'basic', identity: id64(this.id) };
    this.package = await mls.generateKeyPackageWithKey(
      credential, mls.defaultCapabilities(), mls.defaultLifetime, [], this.keys, suite);
    return unwrapped('key_package', { keyPackage: this.package.publicPackage });
  }
  async create(groupId, externalSender) {
    const extensions = [{ extensionType: 'external_senders', extensionData: vector(externalSender) }];
    const { publicPackage, privatePackage } = this.package;
    this.state = await mls.createGroup(groupId, publicPackage, privatePackage, extensions, suite);
  }
  async join(welcome) {
    const { publicPackage, privatePackage } = this.package;
    this.state = await mls.joinGroup(wrapped('welcome', welcome).welcome, publicPackage, privatePackage, noPsk, suite);
  }
  async propose({ add, remove }) {
    const proposals = [
      ...remove.map((removed) => ({ proposalType: 'remove', remove: { removed } })),
      ...add.map((one) => ({ proposalType: 'add', add: { keyPackage: wrapped('key_package', one).keyPackage } })),
    ];
    const messages = [];
    for (const proposal of proposals) {
      const { message } = await mls.createProposal(this.state, true, proposal, suite);
      messages.push(Buffer.from(mls.encodeMlsMessage(message)));
    }
    return messages;
  }
  async hear(proposals) {
    for (const proposal of proposals) this.state = await this.#process(proposal);
  }
  async commit() {
    const context = { state: this.state, cipherSuite: suite };
    const made = await mls.createCommit(context, { wireAsPublicMessage: true, ratchetTreeExtension: true });
    this.committed = made.newState;
    return {
      commit: Buffer.from(mls.encodeMlsMessage(made.commit)),
      welcome: made.welcome && unwrapped('welcome', { welcome: made.welcome }),
    };
  }
  async adopt() {
    this.state = this.committed;
  }
  async follow(commit) {
    try {
      this.state = await this.#process(commit);
    } catch (failure) {
      // How it notices that it is removed itself: no path secret is for it.
      if (/No overlap between provided private keys/.test(failure.message)) return { removed: true };
      throw failure;
    }
    return { removed: this.state.groupActiveState.kind === 'removedFromGroup' };
  }
  async view({ label, context, length }) {
    const { groupContext, keySchedule, ratchetTree } = this.state;
    const exported = await mls.mlsExporter(keySchedule.exporterSecret, label, context, length, suite);
    return {
      epoch: Number(groupContext.epoch),
      authenticator: hex(keySchedule.epochAuthenticator),
      exported: hex(exported),
      roster: ratchetTree.flatMap((node, n) =>
        node?.nodeType === 'leaf' ? [[n / 2, hex(node.leaf.credential.identity)]] : []),
    };
  }

  async #process(message) {
    const { newState } = await mls.processMessage(decoded(message), this.state, noPsk, mls.acceptAll, suite);
    return newState;
  }
}
