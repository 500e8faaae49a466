// Sound as Opus packets of 20 ms, by another library than vcplay's.

import OpusScript from 'opusscript';
import { RATE } from './sound.mjs';

export const SILENCE = Buffer.from([0xf8, 0xff, 0xfe]);
/** Silence of vcplay's own, behind which a decoder begins anew. */
export const RESET = Buffer.from([0x08, 0x4c, 0x65]);
export const SAMPLES = 960; // of a packet, per channel

/** Mono samples as stereo packets. */
export function encode(samples) {
  const encoder = new OpusScript(RATE, 2, OpusScript.Application.AUDIO);
  const packets = [];
  for (let n = 0; n + SAMPLES <= samples.length; n += SAMPLES) {
    const pcm = Buffer.alloc(SAMPLES * 4);
    for (let i = 0; i < SAMPLES; i++) {
      pcm.writeInt16LE(Math.round(samples[n + i] * 32767), 4 * i);
      pcm.writeInt16LE(Math.round(samples[n + i] * 32767), 4 * i + 2);
    }
    packets.push(Buffer.from(encoder.encode(pcm, SAMPLES)));
  }
  encoder.delete();
  return packets;
}

/** Interleaved 16-bit stereo. */
export function decode(packets) {
  const decoder = new OpusScript(RATE, 2, OpusScript.Application.AUDIO);
  const pcm = Buffer.concat(packets.map((packet) => Buffer.from(decoder.decode(packet))));
  decoder.delete();
  return pcm;
}
