// mls_peer as the tests see it: members made of core/mls and core/dave, who answer each line with one.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** What core/mls or core/dave turned down; nothing has changed because of it. */
export class Refused extends Error {}

export class Peer {
  #child = spawn(process.env.VCPLAY_MLS_PEER, { stdio: ['pipe', 'pipe', 'inherit'] });
  #unanswered = []; // in the order of the lines sent
  #ended = null; // why nothing will be answered any more

  constructor() {
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      const { resolve, reject } = this.#unanswered.shift();
      const answer = JSON.parse(line);
      if (answer.refused === undefined) resolve(answer);
      else reject(new Refused(answer.refused));
    });
    this.#child.on('close', (status, signal) => {
      this.#ended = new Error(`mls_peer ended with ${signal ?? status}`);
      for (const { reject } of this.#unanswered) reject(this.#ended);
    });
    this.#child.stdin.on('error', () => {}); // it has ended: said above
  }

  /** Resolves with the answer's fields, rejects with Refused. Many may be asked at once. */
  ask(what, fields = {}) {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(this.#ended);
      this.#unanswered.push({ resolve, reject });
      this.#child.stdin.write(`${JSON.stringify({ ask: what, ...fields })}\n`);
    });
  }

  end() {
    this.#child.stdin.end();
  }
}

export const bytes = (hex) => Buffer.from(hex, 'hex');
export const hex = (buffer) => Buffer.from(buffer).toString('hex');
/** A user or channel id as eight bytes, the greatest first. */
export const id64 = (id) => {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64BE(BigInt(id));
  return buffer;
};
/** RFC 9420 s2.1.2: `opaque x<V>`. */
export function vector(content) {
  const size = content.length;
  if (size < 0x40) return Buffer.concat([Buffer.from([size]), content]);
  const prefix = Buffer.alloc(size < 0x4000 ? 2 : 4);
  if (size < 0x4000) prefix.writeUInt16BE(0x4000 | size);
  else prefix.writeUInt32BE((0x80000000 | size) >>> 0);
  return Buffer.concat([prefix, content]);
}
