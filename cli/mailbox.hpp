// What the other threads tell the main thread.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/thread_annotations.hpp"
#include "fleet/fleet.hpp"
#include "media/pipeline.hpp"

namespace vcplay::cli {

struct TargetBegun {
  std::shared_ptr<const send::SenderStats> stats;
};
struct PhaseEntered {
  channel::Phase phase;
  TimePoint when;
};
struct TargetEnded {
  std::optional<Error> error;
};
struct Underrun {
  bool began;
};
struct EncryptionChanged {
  channel::EncryptionFacts facts;
  TimePoint when;
};
struct Reconnecting {
  channel::ReconnectFacts facts;
};
/// Something about one target, by its index.
struct OfTarget {
  std::size_t target = 0;
  std::variant<TargetBegun, PhaseEntered, channel::ChannelFacts, channel::SessionFacts, EncryptionChanged,
               Underrun, Reconnecting, TargetEnded>
      what;
};
/// As FleetListener::on_later_limits() tells it.
struct LaterLimits {
  std::optional<int> least;
  bool are_known = false;
};
/// Every target has ended, or, with an error, their thread has.
struct FleetEnded {
  std::optional<Error> error;
};
struct PipelineFailed {
  std::string sentence;
};
struct PipelineEnded {};
using Message = std::variant<OfTarget, LaterLimits, FleetEnded, media::TrackInfo, media::StreamTitle,
                             media::TrackResult, PipelineFailed, PipelineEnded>;

/// Carries messages from the network and media threads to the main thread, which waits on fd(). The last
/// ones, for which it waits, have room from the beginning on: they come also where no memory is left.
class Mailbox final : public fleet::FleetListener, public media::PipelineListener {
 public:
  /// `names`: what each target is called in notices; empty: there is one alone. Throws Error{unexpected} when
  /// there is no eventfd.
  explicit Mailbox(std::vector<std::string> names = {});
  ~Mailbox() override;
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  [[nodiscard]] int fd() const noexcept { return fd_; }  // readable when messages wait
  [[nodiscard]] std::vector<Message> take();             // main thread

  // network thread
  void on_begin(std::size_t target, std::shared_ptr<const send::SenderStats> stats) override;
  void on_phase(std::size_t target, channel::Phase phase, TimePoint now) override {
    post(OfTarget{target, PhaseEntered{phase, now}});
  }
  void on_channel(std::size_t target, const channel::ChannelFacts& facts) override {
    post(OfTarget{target, facts});
  }
  void on_session(std::size_t target, const channel::SessionFacts& facts) override {
    post(OfTarget{target, facts});
  }
  void on_encryption(std::size_t target, const channel::EncryptionFacts& facts) override {
    post(OfTarget{target, EncryptionChanged{facts, Clock::now()}});
  }
  void on_underrun(std::size_t target, bool began) override { post(OfTarget{target, Underrun{began}}); }
  void on_reconnect(std::size_t target, const channel::ReconnectFacts& facts) override {
    post(OfTarget{target, Reconnecting{facts}});
  }
  void on_notice(std::size_t target, const channel::Notice& notice) override;  // logs it at once
  void on_later_limits(std::optional<int> least, bool are_known) override {
    post(LaterLimits{least, are_known});
  }
  void on_end(std::size_t target, std::optional<Error> error) noexcept override;
  void on_fleet_end(std::optional<Error> error) noexcept override;

  // media thread
  void on_track(const media::TrackInfo& info) override { post(info); }
  void on_title(const media::StreamTitle& title) override { post(title); }
  void on_track_end(const media::TrackResult& result) override { post(result); }
  void on_failure(const std::string& sentence) override;
  void on_pipeline_end() override { post_last(PipelineEnded{}); }

 private:
  void post(Message message);
  void post_last(Message message) noexcept;
  void ring() const noexcept;

  const std::vector<std::string> names_;
  int fd_ = -1;
  Mutex mutex_;
  std::vector<Message> messages_ GUARDED_BY(mutex_);  // with room for the last ones
  std::size_t ends_owed_ GUARDED_BY(mutex_) = 0;      // of targets that have begun
  std::string no_memory_ GUARDED_BY(mutex_) = "The media thread has no memory left.";
};

}  // namespace vcplay::cli
