// usage: mls_peers.mjs INTEROP MLS_BENCH JSON. The same joins, Commits and frames as mls_bench measures, by @snazzah/davey
// (OpenMLS, in Rust) and ts-mls (TypeScript), whose groups mls_bench forms. INTEROP is the folder that they lie in.

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [interop, mlsBench, jsonFile] = process.argv.slice(2);
const folder = pathToFileURL(`${resolve(interop)}/`);
const require = createRequire(folder);
const davey = require('@snazzah/davey');
const { TsMember } = await import(new URL('ts_mls.mjs', folder));
const { bytes, hex, vector } = await import(new URL('peer.mjs', folder));

const CHANNEL = '200000000000000002'; // as mls_bench has it
const FIRST_USER = 300000000000000000n;
const FRAMES = 50_000;
const OPUS = Buffer.alloc(320, 0x5a); // one frame of 20 ms at 128 kb/s

class DaveyMember {
  constructor(id) {
    this.session = new davey.DAVESession(davey.DAVE_PROTOCOL_VERSION, id, CHANNEL);
  }
  async keyPackage() {
    return this.session.getSerializedKeyPackage();
  }
  async prepare({ external_sender }) {
    this.session.setExternalSender(bytes(external_sender));
  }
  async join(welcome) {
    this.session.processWelcome(welcome);
  }
  async commit(proposal) {
    const { commit } = this.session.processProposals(0, vector(proposal));
    if (!commit) throw new Error('davey commits nothing');
  }
  async follow(commit) {
    this.session.processCommit(commit);
  }
}

class TsMlsMember {
  constructor(id) {
    this.member = new TsMember(undefined, id);
  }
  keyPackage() {
    return this.member.keyPackage();
  }
  async prepare() {}
  join(welcome) {
    return this.member.join(welcome);
  }
  async commit(proposal) {
    await this.member.hear([proposal]);
    await this.member.commit();
  }
  follow(commit) {
    return this.member.follow(commit);
  }
}

/** Milliseconds of processor time, all threads together, as mls_bench has it. */
async function timed(work) {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

/** Several members of one group do the same, each once; the first one warms the machine up and does not count. */
async function measure(Member, members) {
  const samples = Math.min(members - 2, members > 500 ? 4 : 16);
  const people = Array.from({ length: samples }, (_, i) => new Member(String(FIRST_USER + BigInt(i + 1))));
  const packages = [];
  for (const person of people) packages.push(hex(await person.keyPackage()));
  const answer = execFileSync(mlsBench, ['--form', String(members)], { input: packages.join('\n'), maxBuffer: 1 << 26 });
  const said = JSON.parse(answer);
  const took = { join: [], commit: [], follow: [] };
  for (const person of people) {
    await person.prepare(said);
    took.join.push(await timed(() => person.join(bytes(said.welcome))));
    took.commit.push(await timed(() => person.commit(bytes(said.proposal))));
    took.follow.push(await timed(() => person.follow(bytes(said.commit))));
  }
  const row = { members, samples: samples - 1 };
  for (const [what, all] of Object.entries(took)) row[`${what}_ms`] = median(all.slice(1));
  return row;
}

/** Microseconds of processor time for davey to encrypt one frame, the call from JavaScript included. */
async function frames() {
  const member = new DaveyMember(String(FIRST_USER + 1n));
  const others = new DaveyMember(String(FIRST_USER + 2n));
  const packages = [await member.keyPackage(), await others.keyPackage()].map(hex);
  const said = JSON.parse(execFileSync(mlsBench, ['--form', '4'], { input: packages.join('\n') }));
  await member.prepare(said);
  await member.join(bytes(said.welcome));
  const took = await timed(() => {
    for (let i = 0; i < FRAMES; i++) member.session.encryptOpus(OPUS);
  });
  return (took * 1000) / FRAMES;
}

const version = (name) => JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, folder))).version;
const results = { davey_frame_us: await frames() };
for (const [name, Member] of [['davey', DaveyMember], ['ts-mls', TsMlsMember]]) {
  const full = name === 'davey' ? '@snazzah/davey' : name;
  results[name] = { version: version(full), groups: [] };
  for (const members of [10, 100, 1000]) {
    const row = await measure(Member, members);
    results[name].groups.push(row);
    const figures = ['join', 'commit', 'follow'].map((what) => `${what} ${row[`${what}_ms`].toFixed(3).padStart(10)} ms`);
    console.log(`  ${name.padEnd(7)}${String(members).padStart(5)} members   ${figures.join('   ')}`);
  }
}
console.log(`  davey   encrypts a frame of 320 bytes, called from JavaScript, in ${results.davey_frame_us.toFixed(2)} µs`);
writeFileSync(jsonFile, `${JSON.stringify(results, null, 2)}\n`);
process.exit();
