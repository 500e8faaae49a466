// A @discordjs/voice client, which knows nothing of vcplay, and a record of all that it hears and of each epoch that it
// enters. VCPLAY_MODE names the transport encryption that it is to ask for.

import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { EventEmitter } from 'node:events';
import { Readable } from 'node:stream';
import { next, orElse, until } from './loopback.mjs';
import { RESET, SILENCE } from './opus.mjs';

export const mode = process.env.VCPLAY_MODE ?? 'aead_aes256_gcm_rtpsize';
if (mode !== 'aead_aes256_gcm_rtpsize') {
  // @discordjs/voice takes AES-GCM wherever Node has it.
  const ciphers = crypto.getCiphers().filter((name) => name !== 'aes-256-gcm');
  crypto.getCiphers = () => ciphers;
}
export const voice = await import('@discordjs/voice');

const READY_FOR_TRANSITION = 23;
const COMMIT_WELCOME = 28;
// Packets under the key before that are on their way when another comes into force, 20 ms each.
const UNDER_WAY = 10;

/** A @discordjs/voice connection of this client to the loopback's channel, or to another of its places, ready for audio. */
export async function joinVoice(discord, client, place = discord.place) {
  const { guild_id: guildId, channel_id: channelId } = place;
  const connection = voice.joinVoiceChannel({
    guildId,
    channelId,
    group: client.user.id,
    selfDeaf: false,
    selfMute: false,
    adapterCreator: client.guilds.cache.get(guildId).voiceAdapterCreator,
  });
  await orElse(voice.entersState(connection, voice.VoiceConnectionStatus.Ready, 10_000), () => connection.destroy());
  return connection;
}

/** One stay in the channel. Emits `epoch`, `transitioned`, `packet` as they come and `heard` once they are opened. */
export class RealClient extends EventEmitter {
  epochs = []; // { epoch, code, members, won }: won is whether its own Commit made it
  transitions = 0; // executed
  heard = []; // { sequence, outcome, opus }: decrypted, silence, failed, or before its first key
  errors = [];
  outpaced = 0; // Commits that left when it was too late
  #commits = [];
  #held = null;

  /** Joins and listens to the user. */
  static async join(discord, client, userId, place) {
    return new RealClient(client.user.id, await joinVoice(discord, client, place), userId);
  }

  constructor(id, connection, userId) {
    super();
    Object.assign(this, { id, connection });
    connection.on('error', (error) => this.errors.push(error));
    connection.on('transitioned', () => {
      this.transitions += 1;
      this.emit('transitioned');
    });
    const { dave, ws } = connection.state.networking.state;
    this.#watchGroup(dave, ws);
    this.#watchFrames(dave, connection.receiver);
    const stream = connection.receiver.subscribe(userId, { end: { behavior: voice.EndBehaviorType.Manual } });
    stream.on('data', () => this.emit('heard'));
    stream.on('error', (error) => this.errors.push(error));
  }

  /** It sits in a group whose key is in force. */
  encrypts() {
    return until(() => this.transitions > 0, this, 'transitioned');
  }
  /** So many packets of audio have been understood. */
  hears(count) {
    return until(() => this.understood().length >= count, this, 'heard');
  }
  /** The stream has ended: five packets of silence, of which the last may still be on its way when vcplay is gone. */
  hearsTheEnd() {
    const isOver = () => this.heard.length >= 5 && this.heard.slice(-5).every(({ outcome }) => outcome === 'silence');
    return until(isOver, this, 'packet');
  }
  understood() {
    return this.heard.filter(({ outcome }) => outcome === 'decrypted');
  }
  /** It is in the group's epoch of this number. */
  enters(epoch) {
    return until(() => this.epochs.some((entered) => entered.epoch === epoch), this, 'epoch');
  }
  /** From now on its Commits leave only when somebody else's has won. */
  hesitate() {
    this.#held = [];
  }
  /** It is ready for the next key only after so many more packets, and its own self again afterwards. */
  dawdle(packets) {
    const { ws } = this.connection.state.networking.state;
    ws.sendPacket = (packet) => {
      if (packet.op !== READY_FOR_TRANSITION) return Reflect.getPrototypeOf(ws).sendPacket.call(ws, packet);
      delete ws.sendPacket;
      const enough = this.heard.length + packets;
      until(() => this.heard.length >= enough, this, 'packet').then(() => ws.sendPacket(packet));
    };
  }
  leave() {
    if (this.connection.state.status !== voice.VoiceConnectionStatus.Destroyed) this.connection.destroy();
  }

  /** → every packet since its first key was in force: one after the other, and each could be decrypted. */
  heardAll() {
    assert.deepEqual(this.errors, []);
    const isHeard = ({ outcome }) => outcome === 'decrypted' || outcome === 'silence';
    const first = this.heard.findIndex(({ outcome }) => outcome === 'decrypted');
    assert.notEqual(first, -1, 'it heard nothing');
    const start = this.heard.slice(0, first).findLastIndex((packet) => !isHeard(packet)) + 1;
    const failures = this.heard.slice(0, start).filter(({ outcome }) => outcome === 'failed');
    assert.ok(failures.length <= UNDER_WAY, `${failures.length} failures before the first key was in force`);
    const heard = this.heard.slice(start);
    assert.deepEqual(heard.filter((packet) => !isHeard(packet)), []);
    heard.forEach(({ sequence }, n) => assert.equal(sequence, (heard[0].sequence + n) & 0xffff, `packet ${n}`));
    return heard;
  }

  #watchGroup(dave, ws) {
    const send = ws.sendBinaryMessage.bind(ws);
    ws.sendBinaryMessage = (op, body) => {
      if (op === COMMIT_WELCOME) this.#commits.push(Buffer.from(body));
      if (op === COMMIT_WELCOME && this.#held) return this.#held.push(body);
      return send(op, body);
    };
    const enter = (process) => (payload) => {
      const result = process.call(dave, payload);
      if (!result.success) this.errors.push(new Error(`the message of transition ${result.transitionId} is refused`));
      const commit = payload.subarray(2);
      this.epochs.push({
        epoch: Number(dave.session.epoch),
        code: dave.voicePrivacyCode.replaceAll(' ', ''),
        members: dave.session.getUserIds(),
        won: this.#commits.some((own) => own.subarray(0, commit.length).equals(commit)),
      });
      for (const body of this.#held?.splice(0) ?? []) {
        send(COMMIT_WELCOME, body);
        this.outpaced += 1;
      }
      this.emit('epoch');
      return result;
    };
    dave.processCommit = enter(dave.processCommit);
    dave.processWelcome = enter(dave.processWelcome);
  }

  #watchFrames(dave, receiver) {
    let outcome;
    const decrypt = dave.decrypt.bind(dave);
    dave.decrypt = (frame, userId) => {
      outcome = this.transitions === 0 ? 'before' : 'failed';
      if (frame.equals(SILENCE)) outcome = 'silence';
      const opus = decrypt(frame, userId);
      if (opus && opus !== frame) outcome = opus.equals(RESET) ? 'silence' : 'decrypted';
      return opus;
    };
    const parse = (packet, mode, nonce, key, userId) =>
      isMisread(packet)
        ? dave.decrypt(receiver.decrypt(packet, mode, nonce, key), userId)
        : receiver.constructor.prototype.parsePacket.call(receiver, packet, mode, nonce, key, userId);
    receiver.parsePacket = (packet, ...rest) => {
      outcome = 'failed';
      const sequence = packet.readUInt16BE(2);
      try {
        const opus = parse(packet, ...rest);
        this.heard.push({ sequence, outcome, opus });
        return opus;
      } catch (error) {
        this.heard.push({ sequence, outcome, error });
        throw error;
      } finally {
        this.emit('packet');
      }
    };
  }
}

/**
 * Whether @discordjs/voice would throw this RTP packet's payload away: one in 65,536 has no header extension, but a
 * ciphertext that begins with the bytes of one, and it does not look at the bit that tells (RFC 3550 section 5.1).
 */
function isMisread(packet) {
  const hasExtension = (packet[0] & 0x10) !== 0;
  return !hasExtension && packet.readUInt16BE(12) === 0xbede;
}

/**
 * A client heard all that this report says was sent, from the first packet to the last. A first packet of the lead-in may
 * overtake SPEAKING, which comes by TCP: without it no client knows whose packet that is. Audio never comes first.
 */
export function assertNothingWasLost(report, heard, client) {
  assert.equal(client.understood().length, report.packets.audio, 'no audio was lost on the way');
  assert.ok([0, 1].includes(report.packets.received - heard.length), `heard ${heard.length} of ${report.packets.received}`);
}

/** Plays these Opus packets to the end. */
export async function playPackets(connection, packets) {
  const audio = voice.createAudioPlayer();
  connection.subscribe(audio);
  const idle = next(audio, voice.AudioPlayerStatus.Idle, 20_000);
  audio.play(voice.createAudioResource(Readable.from(packets), { inputType: voice.StreamType.Opus }));
  await idle;
}

// What @discordjs/voice 0.19 is known to do less well than the documentation asks for.
export const KNOWN_SLOPPINESS = [
  'missing-silence', // its player now and then ends with the fifth silence packet still prepared, not sent
  'burst', // after a stall its player sends all that it is late with at once
  'early-key', // it sends under the next epoch's key as soon as the Commit came, not when opcode 22 says so
];

export const faults = (report, tolerated = []) => report.findings.filter(({ rule }) => !tolerated.includes(rule));
