// The second member of the channel: hears what the media server forwards, as a real client would.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "base/bytes.hpp"
#include "base/snowflake.hpp"
#include "rehearsal/ledger.hpp"
#include "rtp/transport_cipher.hpp"

namespace vcplay::rehearsal {

/// Opens packets under its own key, decodes every speaker with libopus and measures what it hears.
/// Lives on the rehearsal's thread.
class Listener {
 public:
  /// An opened Opus packet (empty: lost and concealed) and what was decoded from it.
  using Sink = std::function<void(ByteView opus, const float* interleaved, std::size_t samples_per_channel)>;

  /// `measures`: how loud it is, too, which takes a thread for each speaker.
  Listener(rtp::TransportMode mode, rtp::TransportKey key, Books& books, bool measures = true);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// What `user` says goes to `sink`, too.
  void set_sink(Snowflake user, Sink sink);
  /// As op 5 tells: `user` sends under `ssrc` from now on.
  void expect(std::uint32_t ssrc, Snowflake user);
  /// A whole RTP packet, sealed for the listener, and the Opus packet that its member of the call found in
  /// it: nothing when it could not decrypt the frame.
  void receive(ByteSpan packet, const std::optional<Bytes>& opus);

  /// Some of what `user` says is not forwarded: that is no loss, and nothing is heard in its place.
  void withhold(Snowflake user);

  /// Adds loudness, peaks and clipping of what `user` said.
  void measure(Snowflake user, Report& report) const;

 private:
  class Hearing;  // one speaker's decoder and meters

  rtp::TransportOpener opener_;
  Books& books_;
  const bool measures_;
  Sink sink_;
  Snowflake sink_user_;
  std::map<std::uint32_t, Snowflake> speakers_;
  std::map<Snowflake, std::unique_ptr<Hearing>> hearings_;
};

}  // namespace vcplay::rehearsal
