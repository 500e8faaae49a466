#include "channel/send_permit.hpp"

namespace vcplay::channel {

std::string_view name(LineState line) noexcept {
  switch (line) {
    case LineState::encrypted:
      return "encrypted";
    case LineState::plain:
      return "plain";
    case LineState::alone:
      return "alone";
    case LineState::audience:
      return "audience";
    case LineState::waiting:
      return "waiting";
    case LineState::not_encrypted:
      return "not-encrypted";
  }
  return "waiting";
}

void SendPermit::begin() noexcept {
  line_ = LineState::waiting;
  is_deserted_ = false;
  is_sure_ = false;
}

Permit SendPermit::permit() const noexcept {
  switch (line_) {
    case LineState::encrypted:
      return Permit::encrypted;
    case LineState::not_encrypted:
      return Permit::not_encrypted;
    case LineState::alone:
      return for_nobody();
    case LineState::plain:
      break;
    case LineState::waiting:
    case LineState::audience:
      return Permit::waiting;
  }
  if (is_audience_) return Permit::audience;
  // Without end-to-end encryption an empty channel stops nobody from playing: only who asked for it waits.
  return is_deserted_ && when_alone_ != WhenAlone::play ? for_nobody() : Permit::plain;
}

Permit SendPermit::for_nobody() const noexcept {
  return when_alone_ == WhenAlone::play && is_sure_ ? Permit::unheard : Permit::alone;
}

LineState SendPermit::line() const noexcept {
  return line_ == LineState::plain && is_audience_ ? LineState::audience : line_;
}

}  // namespace vcplay::channel
