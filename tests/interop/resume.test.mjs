// A real client whose connection to the voice gateway is cut in the middle of playing: it resumes, and nobody hears it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sweep } from './sound.mjs';
import { Loopback, next, until } from './loopback.mjs';
import { encode } from './opus.mjs';
import { faults, joinVoice, KNOWN_SLOPPINESS, playPackets } from './real_client.mjs';

let discord;
before(async () => (discord = await Loopback.start()));
after(() => discord.kill());

/** Ends the TCP connection of the voice gateway, without a close frame, after so many packets of audio. */
function cutAfter(networking, packets) {
  const { udp, ws } = networking.state;
  const send = udp.send.bind(udp);
  udp.send = (packet) => {
    packets -= 1;
    if (packets === 0) ws.ws.terminate();
    return send(packet);
  };
}

test('a @discordjs/voice player resumes its voice session without a gap in what it plays', async () => {
  const packets = encode(sweep({ seconds: 4, from: 440, to: 660 }));
  const client = await discord.login(discord.place.accounts[0]);
  const player = await joinVoice(discord, client);
  await next(player, 'transitioned'); // it would send in the clear until then
  const { networking } = player.state;
  const { ws, dave, code: ready } = networking.state;
  cutAfter(networking, 50);
  const played = playPackets(player, packets);
  await until(() => networking.state.ws !== ws && networking.state.code === ready, networking, 'stateChange');
  assert.equal(networking.state.dave, dave, 'the group goes on');
  await played;
  player.destroy();
  await client.destroy();

  const [report] = await discord.reports();
  assert.equal(report.voice_resumes, 1);
  assert.equal(report.packets.audio, packets.length);
  assert.equal(report.packets.lost, 0);
  assert.equal(report.e2ee.frames.undecryptable, 0);
  assert.deepEqual(faults(report, KNOWN_SLOPPINESS), []);
});
