#include "soak/orders.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <iterator>
#include <random>

#include "soak/programs.hpp"
#include "soak/readers.hpp"

namespace vcplay::soak {
namespace {

constexpr std::uint64_t kMostSeconds = 24 * 60 * 60;
constexpr std::uint64_t kMostChannels = 50;

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

bool has_value(std::string_view option) {
  constexpr std::string_view kThose[] = {"--seed", "--seconds", "--programs", "--channels", "--only-readers"};
  return std::find(std::begin(kThose), std::end(kThose), option) != std::end(kThose);
}

/// False when the option (empty: none) does not take that value.
bool take(Orders& orders, std::string_view option, std::uint64_t value) {
  if (option == "--seed") {
    orders.seed = value;
    return true;
  }
  if (option == "--channels") {
    orders.channels = value;
    return value != 0 && value <= kMostChannels;
  }
  if (value > kMostSeconds) return false;
  if (option == "--programs") {
    orders.programs = std::chrono::seconds(value);
    return value == 0 || orders.programs >= kShortestPrograms;
  }
  if (option == "--only-readers") {
    orders.only_readers = std::chrono::seconds(value);
    return orders.only_readers >= kShortestReaders;
  }
  orders.length = std::chrono::seconds(option == "--seconds" ? value : value * 60);
  return value != 0;
}

}  // namespace

std::optional<Orders> read_orders(const std::vector<std::string_view>& words) {
  Orders orders;
  orders.seed = std::random_device{}();
  for (auto word = words.begin(); word != words.end(); ++word) {
    if (*word == "--print-script") {
      orders.prints_script = true;
    } else if (*word == "--tell-all") {
      orders.tells_all = true;
    } else {
      const std::string_view option = has_value(*word) ? *word : "";
      if (!option.empty() && ++word == words.end()) return std::nullopt;
      const auto value = whole_number(*word);
      if (!value || !take(orders, option, *value)) return std::nullopt;
    }
  }
  return orders;
}

void print_usage() {
  fmt::print(
      stderr,
      "usage: soak [MINUTES] [--seconds N] [--channels N] [--programs N] [--only-readers N] [--seed N] "
      "[--print-script] [--tell-all]\n"
      "Plays through a storm of faults, 1 minute of it unless it says otherwise, in N channels (3) of one "
      "bot.\n"
      "What strikes one of them may not cost the others a packet. --seed repeats a storm, --print-script "
      "only\n"
      "writes it as `vcplay rehearse --guilds N --script` reads it, --tell-all writes the log.\n"
      "After it the real program plays for N seconds (60; 0: not at all) from sound cards whose clocks "
      "differ,\n"
      "from a fast pipe, while it is stopped and woken, and in floods while its errors are read late or "
      "never;\n"
      "--only-readers does the last for N seconds, and nothing else.\n");
}

}  // namespace vcplay::soak
