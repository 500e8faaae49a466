// A complete loopback Discord, on 127.0.0.1 unless told otherwise: main gateway, REST, voice gateway, media
// server and, in each channel to play in, a second member who listens.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/snowflake.hpp"
#include "rehearsal/options.hpp"
#include "rehearsal/report.hpp"
#include "send/pacer.hpp"

namespace vcplay::rehearsal {

/// What was seen in one of the channels to play in.
struct PlaceReport {
  Place place;
  Report report;
};

/// Runs on its own EventLoop thread between start() and stop(). Strict: every breach of the protocol by an
/// account becomes a finding in the report.
class Discord {
 public:
  /// Throws Error{usage} when two places are the same one, or a fault is to happen where no place is.
  explicit Discord(DiscordOptions options);
  ~Discord();
  Discord(const Discord&) = delete;
  Discord& operator=(const Discord&) = delete;

  /// Everything listens when this returns. Throws Error{unexpected}.
  void start();
  /// Any thread: why it broke down, for it cannot go on then; nothing while all is well.
  [[nodiscard]] std::optional<Error> failure() const;
  /// Waits a moment (at most 250 ms) for clients that are about to hang up, then ends every connection and
  /// the thread. The report stays.
  void stop();

  /// Any thread, between start() and stop(): has `fault` happen to the first account, soon, in the first
  /// place or in one of the others.
  void inject(const Fault& fault);
  void inject(const Fault& fault, const Place& place);

  // Valid after start().
  [[nodiscard]] std::string api_url() const;      // "https://127.0.0.1:PORT/api/v10"
  [[nodiscard]] std::string gateway_url() const;  // "wss://127.0.0.1:PORT"
  [[nodiscard]] const std::string& ca_pem() const;
  [[nodiscard]] const DiscordOptions& options() const;  // with accounts filled in

  /// Called on the rehearsal's thread for each 20 ms of the first account's stream: the Opus packet that the
  /// listener opened (empty when it was lost and concealed) and the 960 × 2 interleaved float samples decoded
  /// from it; set before start(). It must not call report().
  using ListenerSink =
      std::function<void(ByteView opus, const float* interleaved, std::size_t samples_per_channel)>;
  void set_listener_sink(ListenerSink sink);  // in the first place's guild
  void set_listener_sink(const Place& place, ListenerSink sink);
  /// Datagrams that the media server has dealt with, for an unthrottled sender to keep step with.
  [[nodiscard]] const std::atomic<std::uint64_t>& packets_processed() const;

  /// Any thread, also while it runs and after stop(): what was seen so far of the first account's stream in
  /// the first place, and of what it did in none.
  [[nodiscard]] Report report() const;
  /// The same of each place, in the order of places_of(options()). How loud it was is the
  /// first guild's to say.
  [[nodiscard]] std::vector<PlaceReport> reports() const;
  /// The same of any account.
  [[nodiscard]] Report report_of(Snowflake user) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The clock of all senders for `--fast`: time jumps from deadline to deadline, but never while more than 32
/// packets are on their way to the media server.
class UnthrottledPacer final : public send::Pacer {
 public:
  /// `processed` is Discord::packets_processed().
  explicit UnthrottledPacer(const std::atomic<std::uint64_t>& processed) : processed_(processed) {}
  UnthrottledPacer(const std::atomic<std::uint64_t>& sent, const std::atomic<std::uint64_t>& processed)
      : UnthrottledPacer(processed) {
    count(sent);
  }
  /// One Sender more, by its own count (SenderStats::packets), before the thread starts.
  void count(const std::atomic<std::uint64_t>& sent) { sent_.push_back(&sent); }
  [[nodiscard]] TimePoint now() noexcept override;
  /// Waits for the media server for a second at most; then what is on its way counts as lost.
  void sleep_until(TimePoint deadline) noexcept override;
  /// A packet is prepared and leaves at once.
  void hold_until(TimePoint deadline) noexcept override;
  [[nodiscard]] bool waits_for_data() noexcept override { return true; }

 private:
  [[nodiscard]] std::uint64_t sent() const noexcept;
  [[nodiscard]] std::uint64_t on_the_way() const noexcept;

  std::vector<const std::atomic<std::uint64_t>*> sent_;
  const std::atomic<std::uint64_t>& processed_;
  std::uint64_t sent_before_ = 0;
  TimePoint quiet_since_{};  // nothing was sent
  std::uint64_t given_up_ = 0;
  TimePoint now_ = Clock::now();
};

}  // namespace vcplay::rehearsal
