// The network thread's side of the SenderInbox: orders that wait for room there.
#pragma once

#include <optional>

#include "base/clock.hpp"
#include "send/sender.hpp"

namespace vcplay::send {

/// Posts commands to the sender in their order, and keeps what finds no room: the latest of each kind, since
/// a later command makes an earlier one of its kind worthless. So nothing that a server says, however often,
/// can fill the inbox. Lives on the network thread.
class SenderOrders {
 public:
  explicit SenderOrders(SenderInbox& inbox) noexcept : inbox_(inbox) {}

  void post(SenderCommand&& command, TimePoint now) noexcept;
  /// Posts what waits, as far as there is room by now.
  void flush(TimePoint now) noexcept;
  /// When flush() wants to be called; nothing while nothing waits.
  [[nodiscard]] std::optional<TimePoint> deadline() const noexcept;
  /// True when the sender has read nothing for longer than any stall: its thread is gone.
  [[nodiscard]] bool are_ignored(TimePoint now) const noexcept;

 private:
  // Each keeps one command, and drops those that wait and that it makes worthless.
  void keep(std::monostate) noexcept {}
  void keep(StartStream& start) noexcept;
  void keep(DropStream drop) noexcept;
  void keep(SwapTransform& swap) noexcept;
  void keep(HoldAudio& hold) noexcept;
  void keep(SwapCipher& swap) noexcept;
  void keep(SpeakingIsOn) noexcept { speaking_is_on_ = true; }
  void keep(StopPlaying) noexcept { stop_ = true; }
  [[nodiscard]] bool is_empty() const noexcept;
  [[nodiscard]] bool push(SenderCommand& waiting) noexcept;
  void forget_stream() noexcept;

  SenderInbox& inbox_;
  // In the order in which they are posted: none depends on a later one.
  bool drop_ = false;
  SenderCommand start_;   // StartStream
  SenderCommand cipher_;  // SwapCipher
  SenderCommand line_;    // SwapTransform or HoldAudio
  bool speaking_is_on_ = false;
  bool stop_ = false;
  TimePoint looked_{};                   // when flush() was called last
  std::optional<TimePoint> full_since_;  // since the sender took something last
};

}  // namespace vcplay::send
