// How this room says no.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace vcplay::mls {

/// A message or a request was turned down, and nothing has changed because of it.
class Refusal : public Error {
 public:
  enum class Kind {
    malformed,    // it is not what the presentation language describes
    unsupported,  // RFC 9420 allows it, this implementation does not do it
    invalid,      // it breaks a rule, or is not authentic
    misplaced,    // it is for another group, epoch or member
  };

  /// `section` is where RFC 9420 has the rule.
  Refusal(Kind kind, std::string_view section, const std::string& sentence)
      : Error(Cause::encryption, sentence + " (RFC 9420 s" + std::string(section) + ")"),
        kind_(kind),
        section_(section) {}

  [[nodiscard]] Kind kind() const noexcept { return kind_; }
  [[nodiscard]] const std::string& section() const noexcept { return section_; }

 private:
  Kind kind_;
  std::string section_;
};

[[noreturn]] inline void refuse_malformed(std::string_view section, const std::string& sentence) {
  throw Refusal(Refusal::Kind::malformed, section, sentence);
}
[[noreturn]] inline void refuse_unsupported(std::string_view section, const std::string& sentence) {
  throw Refusal(Refusal::Kind::unsupported, section, sentence);
}
[[noreturn]] inline void refuse_misplaced(std::string_view section, const std::string& sentence) {
  throw Refusal(Refusal::Kind::misplaced, section, sentence);
}

/// Refuses what is invalid: the rule reads as the condition that must hold.
inline void require(bool holds, std::string_view section, const char* sentence) {
  if (!holds) throw Refusal(Refusal::Kind::invalid, section, sentence);
}

}  // namespace vcplay::mls
