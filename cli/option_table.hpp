// The one table of options that the parser, the help, the man page and the completions follow.
#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/snowflake.hpp"
#include "cli/media_values.hpp"
#include "cli/option_values.hpp"
#include "cli/options.hpp"

namespace vcplay::cli {

/// A command line while it is being read: what can only be judged when all of it is known.
struct Draft {
  Options options;
  std::optional<Snowflake> guild;     // of --guild
  std::vector<std::string> channels;  // of each --channel
  std::string targets_file;           // of --targets; empty: there is none
  std::optional<Part> part;           // of --part
  std::optional<std::uint64_t> seed;  // of --seed
  std::optional<Duration> length;     // of --length
  int verbose = 0;
};

/// Some of the verbs.
class VerbSet {
 public:
  constexpr VerbSet(std::initializer_list<Verb> verbs) noexcept {
    for (const Verb verb : verbs) bits_ |= bit(verb);
  }
  [[nodiscard]] constexpr bool contains(Verb verb) const noexcept { return (bits_ & bit(verb)) != 0; }

 private:
  static constexpr unsigned bit(Verb verb) noexcept { return 1U << static_cast<unsigned>(verb); }
  unsigned bits_ = 0;
};

/// One option as a person sees it, and what it does to a Draft.
struct OptionRow {
  std::string_view name;        // "--guild"
  std::string_view short_name;  // "-g", or nothing
  std::string_view argument;    // "ID"; nothing: a flag
  VerbSet verbs;                // that have it
  std::string_view help;
  /// Takes one value (empty for a flag). Throws Error{usage}.
  /// Null: answered before anything else is looked at.
  void (*apply)(Draft& draft, std::string_view value);
  /// True where each occurrence counts. Of any other option the last one wins, so that an alias or a
  /// script can be overruled.
  bool is_repeated = false;

  [[nodiscard]] bool belongs_to(Verb verb) const noexcept { return verbs.contains(verb); }
};

/// Every option of every verb, in the order of the help.
[[nodiscard]] std::span<const OptionRow> option_table() noexcept;

/// A verb as it is typed.
struct VerbRow {
  Verb verb;
  std::string_view name;
};
[[nodiscard]] std::span<const VerbRow> verb_table() noexcept;  // in the order of the help
[[nodiscard]] std::string_view verb_name(Verb verb) noexcept;

}  // namespace vcplay::cli
