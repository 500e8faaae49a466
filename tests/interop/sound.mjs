// Sound as plain numbers: a sweep to play, and a way to find it again in what was heard.

export const RATE = 48_000;

/** Mono samples of a sine that slides from `from` to `to` Hz. */
export function sweep({ seconds, from, to }) {
  const samples = new Float32Array(seconds * RATE);
  const slope = (to - from) / seconds;
  for (let n = 0; n < samples.length; n++) {
    const t = n / RATE;
    samples[n] = 0.5 * Math.sin(2 * Math.PI * (from + (slope * t) / 2) * t);
  }
  return samples;
}

/** A WAV file, 16 bits, of one Float32Array per channel. */
export function wav(channels) {
  const frames = channels[0].length;
  const data = Buffer.alloc(frames * channels.length * 2);
  for (let n = 0; n < frames; n++) {
    channels.forEach((samples, c) => data.writeInt16LE(Math.round(samples[n] * 32767), (n * channels.length + c) * 2));
  }
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + data.length, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(channels.length, 22);
  header.writeUInt32LE(RATE, 24);
  header.writeUInt32LE(RATE * channels.length * 2, 28);
  header.writeUInt16LE(channels.length * 2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(data.length, 40);
  return Buffer.concat([header, data]);
}

/** One channel of interleaved 16-bit stereo. */
export function channel(pcm, index) {
  const samples = new Float32Array(pcm.length / 4);
  for (let n = 0; n < samples.length; n++) samples[n] = pcm.readInt16LE(4 * n + 2 * index) / 32768;
  return samples;
}

/** Pearson's correlation of `played` with what was heard from sample `lag` on. */
export function correlation(played, heard, lag, count = played.length) {
  let both = 0;
  let ours = 0;
  let theirs = 0;
  for (let n = 0; n < count; n++) {
    const sample = heard[lag + n] ?? 0;
    both += played[n] * sample;
    ours += played[n] * played[n];
    theirs += sample * sample;
  }
  return ours && theirs ? both / Math.sqrt(ours * theirs) : 0;
}

/** Where in `heard` the sound `played` begins, by its first tenth of a second. */
export function alignment(played, heard) {
  let best = { lag: 0, value: -1 };
  for (let lag = 0; lag + played.length <= heard.length; lag++) {
    const value = correlation(played, heard, lag, RATE / 10);
    if (value > best.value) best = { lag, value };
  }
  return best.lag;
}
