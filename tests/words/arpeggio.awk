# Writes six seconds of plucked chords as a WAV file on standard output: the demo's sample, made where it is played so
# that the repository ships no binary and the demo needs no encoder. Run with LC_ALL=C: every %c is then one byte.

function word(value, bytes,    i) {
  for (i = 0; i < bytes; i++) {
    printf "%c", value % 256
    value = int(value / 256)
  }
}

# A plucked string: three partials that die away, the high ones first.
function pluck(hertz, age,    turn) {
  turn = 2 * pi * hertz * age
  return (sin(turn) + 0.4 * sin(2 * turn) * exp(-3 * age) + 0.2 * sin(3 * turn) * exp(-6 * age)) * exp(-2.5 * age) \
         * (age < 0.004 ? age / 0.004 : 1)
}

BEGIN {
  pi = atan2(0, -1)
  rate = 24000
  seconds = 6
  samples = rate * seconds
  # Semitones above A3, an eighth note each: A minor 7, F major 7, C major, and home.
  notes = split("0 3 7 10 12 10 7 3 -4 0 3 7 8 7 3 0 3 7 10 15 0", pitch, " ")
  step = 0.25

  printf "RIFF"; word(36 + 2 * samples, 4); printf "WAVEfmt "
  word(16, 4); word(1, 2); word(1, 2); word(rate, 4); word(2 * rate, 4); word(2, 2); word(16, 2)
  printf "data"; word(2 * samples, 4)

  for (i = 0; i < notes; i++) hertz[i] = 220 * exp(log(2) * pitch[i + 1] / 12)
  for (n = 0; n < samples; n++) {
    now = n / rate
    level = 0
    newest = int(now / step)
    for (i = newest; i >= 0 && i > newest - 6; i--)
      if (i < notes) level += pluck(hertz[i], now - i * step)
    sample = int(7000 * level * (now > seconds - 0.5 ? (seconds - now) / 0.5 : 1))
    word(sample < 0 ? sample + 65536 : sample, 2)
  }
}
