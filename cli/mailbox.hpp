// What the other threads tell the main thread.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/thread_annotations.hpp"
#include "media/pipeline.hpp"
#include "voice/connection.hpp"

namespace vcplay::cli {

struct PhaseEntered {
  voice::ConnectionPhase phase;
  TimePoint when;
};
struct ConnectionEnded {
  std::optional<Error> error;
};
struct Underrun {
  bool began;
};
struct EncryptionChanged {
  voice::EncryptionFacts facts;
  TimePoint when;
};
struct Reconnecting {
  voice::ReconnectFacts facts;
};
struct PipelineEnded {};
using Message = std::variant<PhaseEntered, voice::ChannelFacts, voice::SessionFacts, EncryptionChanged,
                             Underrun, Reconnecting, ConnectionEnded, media::TrackInfo, media::StreamTitle,
                             media::TrackResult, PipelineEnded>;

/// Carries messages from the network and media threads to the main thread, which waits on fd().
class Mailbox final : public voice::ConnectionListener, public media::PipelineListener {
 public:
  Mailbox();  // throws Error{unexpected} when there is no eventfd
  ~Mailbox() override;
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  [[nodiscard]] int fd() const noexcept { return fd_; }  // readable when messages wait
  [[nodiscard]] std::vector<Message> take();             // main thread

  // network thread
  void on_phase(voice::ConnectionPhase phase, TimePoint now) override { post(PhaseEntered{phase, now}); }
  void on_channel(const voice::ChannelFacts& facts) override { post(facts); }
  void on_session(const voice::SessionFacts& facts) override { post(facts); }
  void on_encryption(const voice::EncryptionFacts& facts) override {
    post(EncryptionChanged{facts, Clock::now()});
  }
  void on_underrun(bool began) override { post(Underrun{began}); }
  void on_reconnect(const voice::ReconnectFacts& facts) override { post(Reconnecting{facts}); }
  void on_end(std::optional<Error> error) override { post(ConnectionEnded{std::move(error)}); }

  // media thread
  void on_track(const media::TrackInfo& info) override { post(info); }
  void on_title(const media::StreamTitle& title) override { post(title); }
  void on_track_end(const media::TrackResult& result) override { post(result); }
  void on_pipeline_end() override { post(PipelineEnded{}); }

 private:
  void post(Message message);

  int fd_ = -1;
  Mutex mutex_;
  std::vector<Message> messages_ GUARDED_BY(mutex_);
};

}  // namespace vcplay::cli
