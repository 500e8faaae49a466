// What the other threads tell the main thread.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/thread_annotations.hpp"
#include "channel/channel.hpp"
#include "media/pipeline.hpp"

namespace vcplay::cli {

struct PhaseEntered {
  channel::Phase phase;
  TimePoint when;
};
struct ConnectionEnded {
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
struct PipelineFailed {
  std::string sentence;
};
struct PipelineEnded {};
using Message = std::variant<PhaseEntered, channel::ChannelFacts, channel::SessionFacts, EncryptionChanged,
                             Underrun, Reconnecting, ConnectionEnded, media::TrackInfo, media::StreamTitle,
                             media::TrackResult, PipelineFailed, PipelineEnded>;

/// Carries messages from the network and media threads to the main thread, which waits on fd(). The last
/// ones, for which it waits, have room from the beginning on: they come also where no memory is left.
class Mailbox final : public channel::ChannelListener, public media::PipelineListener {
 public:
  Mailbox();  // throws Error{unexpected} when there is no eventfd
  ~Mailbox() override;
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  [[nodiscard]] int fd() const noexcept { return fd_; }  // readable when messages wait
  [[nodiscard]] std::vector<Message> take();             // main thread

  // network thread
  void on_phase(channel::Phase phase, TimePoint now) override { post(PhaseEntered{phase, now}); }
  void on_channel(const channel::ChannelFacts& facts) override { post(facts); }
  void on_session(const channel::SessionFacts& facts) override { post(facts); }
  void on_encryption(const channel::EncryptionFacts& facts) override {
    post(EncryptionChanged{facts, Clock::now()});
  }
  void on_underrun(bool began) override { post(Underrun{began}); }
  void on_reconnect(const channel::ReconnectFacts& facts) override { post(Reconnecting{facts}); }
  void on_notice(const channel::Notice& notice) override;  // logs it at once
  void on_end(std::optional<Error> error) noexcept override;

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

  int fd_ = -1;
  Mutex mutex_;
  std::vector<Message> messages_ GUARDED_BY(mutex_);  // with room for the last ones
  std::string no_memory_ GUARDED_BY(mutex_) = "The media thread has no memory left.";
};

}  // namespace vcplay::cli
