#include "send/sender_orders.hpp"

#include <utility>

namespace vcplay::send {
namespace {

constexpr Duration kLookAgain = 20ms;    // the sender reads its inbox at least so often
constexpr Duration kMostPatience = 10s;  // longer than any stall of a machine that still plays

bool is_there(const SenderCommand& command) noexcept {
  return !std::holds_alternative<std::monostate>(command);
}

}  // namespace

void SenderOrders::post(SenderCommand&& command, TimePoint now) noexcept {
  if (is_empty() && inbox_.post(std::move(command))) return;
  std::visit([this](auto& order) { keep(order); }, command);
  flush(now);
}

void SenderOrders::forget_stream() noexcept {
  for (SenderCommand* const waiting : {&start_, &cipher_, &line_}) *waiting = std::monostate{};
  speaking_is_on_ = false;
}

void SenderOrders::keep(StartStream& start) noexcept {
  forget_stream();
  start_ = std::move(start);
}

void SenderOrders::keep(DropStream /*drop*/) noexcept {
  forget_stream();
  drop_ = true;
}

void SenderOrders::keep(SwapTransform& swap) noexcept { line_ = std::move(swap); }

/// What SPEAKING was said for is held: the sender asks again.
void SenderOrders::keep(HoldAudio& hold) noexcept {
  line_ = std::move(hold);
  speaking_is_on_ = false;
}

void SenderOrders::keep(SwapCipher& swap) noexcept { cipher_ = std::move(swap); }

bool SenderOrders::is_empty() const noexcept {
  return !drop_ && !is_there(start_) && !is_there(cipher_) && !is_there(line_) && !speaking_is_on_ && !stop_;
}

/// False when it still waits.
bool SenderOrders::push(SenderCommand& waiting) noexcept {
  if (!is_there(waiting)) return true;
  if (!inbox_.post(std::move(waiting))) return false;
  waiting = std::monostate{};
  full_since_.reset();
  return true;
}

void SenderOrders::flush(TimePoint now) noexcept {
  looked_ = now;
  const auto push_word = [this](bool& word, SenderCommand&& command) {
    if (word) word = !push(command);
    return !word;
  };
  const bool all_posted = push_word(drop_, DropStream{}) && push(start_) && push(cipher_) && push(line_) &&
                          push_word(speaking_is_on_, SpeakingIsOn{}) && push_word(stop_, StopPlaying{});
  if (all_posted) return full_since_.reset();
  if (!full_since_) full_since_ = now;
}

std::optional<TimePoint> SenderOrders::deadline() const noexcept {
  return is_empty() ? std::nullopt : std::optional(looked_ + kLookAgain);
}

bool SenderOrders::are_ignored(TimePoint now) const noexcept {
  return full_since_ && now - *full_since_ > kMostPatience;
}

}  // namespace vcplay::send
