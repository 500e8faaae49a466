// Lists of targets as people and programs write them, and --part: what is taken is well formed, and what is
// not is one sentence with its line.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "cli/targets.hpp"
#include "shown.hpp"
#include "target.hpp"

namespace vcplay::fuzz {
namespace {

using cli::Target;
using Targets = std::vector<Target>;

/// Nothing where `act` was refused, which must have been done with a sentence.
template <typename Act>
auto taken(Act act) -> std::optional<decltype(act())> {
  try {
    return act();
  } catch (const Error& error) {
    must_hold(error.cause() == Cause::usage, "what is wrong with a list is a matter of usage");
    must_be_a_sentence(error.what());
    return std::nullopt;
  }
}

bool is_same_place(const Target& one, const Target& other) {
  return one.guild == other.guild && one.channel == other.channel;
}

void look_at(const Targets& targets, std::string_view text) {
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  must_hold(!targets.empty() && targets.size() <= std::min(lines, cli::kMostTargets),
            "a line names one target");
  std::string written = "\xef\xbb\xbf# as a program writes them\r\n";
  for (const Target& target : targets) {
    must_hold(target.source.starts_with("list, line "), "a target says where it stands");
    written += target.guild.str() + "/" + target.channel.str() + " # again\r\n";
  }
  const Targets again = cli::parse_targets(written, std::nullopt, "list");
  must_hold(std::equal(targets.begin(), targets.end(), again.begin(), again.end(), is_same_place),
            "what is written is read as the same");
}

/// Each target belongs to one part, and keeps its place among the others.
void share(const Targets& targets, unsigned count) {
  std::size_t all = 0;
  for (unsigned index = 0; index < count; ++index) all += cli::part_of(targets, {index, count}).size();
  must_hold(all == targets.size(), "each target is in one part");
}

}  // namespace

std::vector<Seed> seeds() {
  const std::pair<const char*, std::string_view> lists[] = {
      {"pairs", "81384788765712384/381870553235193857\n81384788765712385/381870553235193858\n"},
      {"links",
       "\xef\xbb\xbfhttps://discord.com/channels/81384788765712384/381870553235193857\r\n\r\n# bells\r\n"},
      {"ids", "381870553235193857\n  381870553235193858\t# the hall"},
      {"twice", "1/2\n1/2\n"},
      {"junk",
       "\xff\xfe"
       "1\0/\x1b[2J\n"},
      {"direct", "https://discord.com/channels/@me/1\n"},
      {"part", "3/5"},
      {"late_part", "5/5"},
  };
  std::vector<Seed> all;
  for (const auto& [name, list] : lists) {
    Bytes input = {1};
    input.insert(input.end(), list.begin(), list.end());
    all.push_back({name, std::move(input)});
  }
  return all;
}

}  // namespace vcplay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vcplay;
  using namespace vcplay::fuzz;
  Input input({data, size});
  const std::uint8_t how = input.u8();
  const std::string_view text = as_text(input.rest());
  const auto guild = how % 2 == 0 ? std::nullopt : std::optional(Snowflake{81384788765712384});
  if (const auto targets = taken([&] { return cli::parse_targets(text, guild, "list"); })) {
    look_at(*targets, text);
    share(*targets, how % 7 + 1);
    static_cast<void>(taken([&] {
      cli::refuse_doubles(*targets);
      return true;
    }));
    const auto pair = cli::neighbours(*targets);
    must_hold(!pair || pair->first.guild == pair->second.guild, "neighbours share a guild");
  }
  const bool needs_environment = text.starts_with("auto");
  if (const auto part = needs_environment ? std::nullopt : taken([&] { return cli::parse_part(text); })) {
    must_hold(part->index < part->count, "a part is one of those that there are");
  }
  return 0;
}
