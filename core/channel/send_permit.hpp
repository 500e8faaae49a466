// Whether audio may flow into a channel.
#pragma once

#include <cstdint>
#include <string_view>

#include "channel/policies.hpp"

namespace vcplay::channel {

/// What stands between the audio and the channel.
enum class LineState : std::uint8_t {
  encrypted,      // audio is encrypted from end to end
  plain,          // audio goes out without end-to-end encryption
  alone,          // nobody is there
  audience,       // the bot is in the audience of a stage
  waiting,        // others are there, the key is not yet
  not_encrypted,  // the server wants audio without end-to-end encryption, and that is refused
};
[[nodiscard]] std::string_view name(
    LineState line) noexcept;  // "encrypted", "not-encrypted", …: stable words

/// May audio flow, and if not, why.
enum class Permit : std::uint8_t {
  encrypted,      // it may, encrypted from end to end
  plain,          // it may, without
  waiting,        // no: there is no key yet
  not_encrypted,  // no: the server wants it without end-to-end encryption
  audience,       // no: the bot is in the audience of a stage
  alone,          // no: nobody is there
  unheard,        // nobody is there either, and it runs on in time
};

/// Makes one answer of what end-to-end encryption, the stage and the audience say. Knows no clock.
class SendPermit {
 public:
  explicit SendPermit(WhenAlone when_alone) : when_alone_(when_alone) {}

  /// A new voice session: nothing is known yet of its line, nor of who is there.
  void begin() noexcept;
  /// As end-to-end encryption says: anything but `audience`.
  void line_is(LineState line) noexcept { line_ = line; }
  /// The bot is in the audience of a stage: nobody would hear it.
  void audience_is(bool audience) noexcept { is_audience_ = audience; }
  /// Nobody is there, as far as the voice server has said. Counts where there is no end-to-end encryption,
  /// which says so itself.
  void deserted_is(bool deserted) noexcept { is_deserted_ = deserted; }
  /// The server has had its time to name who is there.
  void nobody_came() noexcept { is_sure_ = true; }

  [[nodiscard]] Permit permit() const noexcept;
  /// For people. Where there is no end-to-end encryption it does not say whether anybody is there.
  [[nodiscard]] LineState line() const noexcept;

 private:
  [[nodiscard]] Permit for_nobody() const noexcept;

  const WhenAlone when_alone_;
  LineState line_ = LineState::waiting;
  bool is_audience_ = false;
  bool is_deserted_ = false;
  bool is_sure_ = false;
};

}  // namespace vcplay::channel
