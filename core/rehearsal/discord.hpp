// A complete loopback Discord on 127.0.0.1: main gateway, REST, voice gateway, media server and a second member who listens.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/snowflake.hpp"
#include "rehearsal/report.hpp"
#include "rtp/transport_cipher.hpp"
#include "voice/pacer.hpp"

namespace vcplay::rehearsal {

/// Somebody who may log in.
struct Account {
  Snowflake user;
  std::string name;
  std::string token;
};

/// How this Discord is furnished and where it misbehaves. The defaults are a well-behaved one.
struct DiscordOptions {
  Snowflake guild{81384788765712384};
  Snowflake channel{381870553235193857};
  std::string channel_name = "Rehearsal";
  int channel_type = 2;                   // resources::kGuildVoice
  int channel_bitrate = 128'000;          // bit/s
  int user_limit = 0;
  int occupants = 1;                      // members already in the channel, the listener included
  std::vector<std::uint64_t> everyone_permissions = {};  // empty: VIEW_CHANNEL, CONNECT and SPEAK; else their OR
  std::vector<Account> accounts;          // empty: three made-up bots; the first is vcplay's
  std::vector<std::string> certificate_names = {"127.0.0.1", "localhost"};
  std::vector<rtp::TransportMode> modes = {rtp::TransportMode::aes256_gcm_rtpsize,
                                           rtp::TransportMode::xchacha20_poly1305_rtpsize};
  bool unthrottled = false;               // `--fast`: arrival times mean nothing
  std::optional<int> demanded_shards;     // IDENTIFY must name the guild's shard of so many (4010, 4011 otherwise)
  bool server_update_first = false;       // VOICE_SERVER_UPDATE before VOICE_STATE_UPDATE
  bool ignores_join = false;              // op 4 is never answered
  std::optional<std::uint16_t> identify_close_code;        // main gateway closes on IDENTIFY
  std::optional<std::uint16_t> voice_identify_close_code;  // voice gateway closes on IDENTIFY
  std::optional<std::uint16_t> voice_close_code_mid_play;  // … after 25 audio packets
  bool kicks_mid_play = false;            // null voice state, then 4014, after 25 audio packets
  bool gateway_drops_mid_play = false;    // main gateway TCP connection ends after 25 audio packets
  int lost_discovery_packets = 0;         // the first so many requests stay unanswered
  bool never_answers_discovery = false;
  bool says_nothing_on_connect = false;   // no HELLO on the main gateway
  bool voice_says_nothing = false;        // no HELLO and no READY on the voice gateway
  std::vector<std::string> extra_gateway_texts;  // sent right after READY: malformed, unknown, huge …
  std::vector<std::string> extra_voice_texts;    // sent right after the voice READY
  std::string voice_endpoint_host = "127.0.0.1"; // what VOICE_SERVER_UPDATE names
};

/// Runs on its own EventLoop thread between start() and stop(). Strict: every breach of the protocol by an account
/// becomes a finding in the report.
class Discord {
 public:
  explicit Discord(DiscordOptions options);
  ~Discord();
  Discord(const Discord&) = delete;
  Discord& operator=(const Discord&) = delete;

  /// Everything listens when this returns. Throws Error{unexpected}.
  void start();
  /// Ends every connection and the thread.
  void stop();

  // Valid after start().
  [[nodiscard]] std::string api_url() const;      // "https://127.0.0.1:PORT/api/v10"
  [[nodiscard]] std::string gateway_url() const;  // "wss://127.0.0.1:PORT"
  [[nodiscard]] const std::string& ca_pem() const;
  [[nodiscard]] const DiscordOptions& options() const;  // with accounts filled in

  /// Called on the rehearsal's thread with each 960 × 2 interleaved float samples that the listener decodes from the
  /// first account's stream; set before start().
  void set_listener_sink(std::function<void(const float* interleaved, std::size_t samples_per_channel)> sink);
  /// Packets that the media server has dealt with, for an unthrottled sender to keep step with.
  [[nodiscard]] const std::atomic<std::uint64_t>& packets_processed() const;

  /// Any thread, also while it runs: what was seen so far of the first account's stream.
  [[nodiscard]] Report report() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The sender's clock for `--fast`: time jumps from deadline to deadline, but never more than 32 packets ahead of what
/// the media server has dealt with.
class UnthrottledPacer final : public voice::Pacer {
 public:
  explicit UnthrottledPacer(const std::atomic<std::uint64_t>& processed) noexcept : processed_(processed) {}
  [[nodiscard]] TimePoint now() noexcept override;
  void sleep_until(TimePoint deadline) noexcept override;
  [[nodiscard]] bool waits_for_data() noexcept override { return true; }

 private:
  const std::atomic<std::uint64_t>& processed_;
  TimePoint now_ = Clock::now();
};

}  // namespace vcplay::rehearsal
