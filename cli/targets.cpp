#include "cli/targets.hpp"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <map>
#include <tuple>
#include <utility>

#include "base/clock.hpp"
#include "base/milliseconds.hpp"
#include "cli/option_values.hpp"
#include "cli/value_words.hpp"

namespace vcplay::cli {
namespace {

constexpr std::size_t kMostBytes = 4 * 1024 * 1024;
constexpr Duration kPatience = std::chrono::minutes(1);
constexpr unsigned kMostParts = 10'000;

/// A descriptor that is closed where it was opened here.
class Input {
 public:
  explicit Input(const std::string& file)
      : is_ours_(file != "-"),
        fd_(is_ours_ ? ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK) : STDIN_FILENO) {}
  ~Input() {
    if (is_ours_ && fd_ >= 0) ::close(fd_);
  }
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;
  [[nodiscard]] int fd() const noexcept { return fd_; }

 private:
  const bool is_ours_;
  const int fd_;
};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\v\f";
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

/// "GUILD/CHANNEL", as programs write it; nothing: it is written otherwise.
std::optional<ChannelName> pair_of(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto guild = Snowflake::parse(text.substr(0, slash));
  const auto channel = Snowflake::parse(text.substr(slash + 1));
  if (!guild || !channel) return std::nullopt;
  return ChannelName{guild, *channel};
}

std::string environment(const char* name) {
  const char* const value = ::getenv(name);
  return value == nullptr ? "" : value;
}

/// The digits behind the last '-' of this host's name: "radio-3".
std::string ordinal_of_host() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "";
  const std::string_view host(name.data());
  const std::string_view first = host.substr(0, host.find('.'));
  const std::size_t dash = first.rfind('-');
  return dash == std::string_view::npos ? "" : std::string(first.substr(dash + 1));
}

unsigned own_index() {
  const std::string of_job = environment("JOB_COMPLETION_INDEX");
  const auto index = read_number<unsigned>(of_job.empty() ? ordinal_of_host() : of_job);
  if (!index) {
    refuse(
        "--part auto finds no number: neither JOB_COMPLETION_INDEX nor the end of this host's name is one.");
  }
  return *index;
}

}  // namespace

Target parse_target(std::string_view text, std::optional<Snowflake> guild, std::string source) {
  const auto pair = pair_of(text);
  const ChannelName name = pair ? *pair : parse_channel(text, source);
  if (name.guild) return {*name.guild, name.channel, std::move(source)};
  if (!guild)
    refuse("{}: {} needs its guild: give its link, GUILD/CHANNEL, or --guild.", source, shown(text));
  return {*guild, name.channel, std::move(source)};
}

std::vector<Target> parse_targets(std::string_view text, std::optional<Snowflake> guild,
                                  std::string_view name) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) text.remove_prefix(kByteOrderMark.size());
  std::vector<Target> targets;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, std::min(text.find('#'), end)));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    if (targets.size() == kMostTargets) {
      refuse("{}, line {}: there are more than {} targets; share them among several files.", name, number,
             kMostTargets);
    }
    targets.push_back(parse_target(line, guild, fmt::format("{}, line {}", name, number)));
  }
  if (targets.empty()) refuse("{}: there is no target in it; one looks like GUILD/CHANNEL.", name);
  return targets;
}

std::string read_targets(const std::string& file) {
  const std::string name = file == "-" ? "standard input" : display_safe(file, 100);
  const auto fail = [&name](int error) {
    refuse("Cannot read targets from {}: {}.", name, ::strerror(error));
  };
  const Input input(file);
  if (input.fd() < 0) fail(errno);
  const TimePoint deadline = Clock::now() + kPatience;
  std::string text;
  std::array<char, 16'384> piece{};
  while (true) {
    pollfd ready{input.fd(), POLLIN, 0};
    const auto left = whole_milliseconds(deadline - Clock::now());
    const int count = left <= 0 ? 0 : ::poll(&ready, 1, static_cast<int>(left));
    if (count == 0) refuse("The targets from {} did not end within a minute.", name);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(errno);
    const ssize_t bytes = ::read(input.fd(), piece.data(), piece.size());
    if (bytes == 0) return text;
    if (bytes < 0 && errno != EAGAIN && errno != EINTR) fail(errno);
    if (bytes > 0) text.append(piece.data(), static_cast<std::size_t>(bytes));
    if (text.size() > kMostBytes) {
      refuse("{} has more than 4 MiB: that is no list of targets, one a line.", name);
    }
  }
}

void refuse_doubles(const std::vector<Target>& targets) {
  if (targets.size() > kMostTargets) {
    refuse("There are {} targets; a run takes {}.", targets.size(), kMostTargets);
  }
  std::map<Snowflake, const Target*> seen;
  for (const Target& target : targets) {
    const auto [other, is_new] = seen.emplace(target.channel, &target);
    if (is_new) continue;
    const bool both_typed = other->second->source == target.source;
    refuse("{}: channel {} is named twice{}.", target.source, target.channel.str(),
           both_typed ? "" : fmt::format(", first by {}", other->second->source));
  }
}

std::optional<std::pair<Target, Target>> neighbours(const std::vector<Target>& targets) {
  std::map<Snowflake, const Target*> seen;
  for (const Target& target : targets) {
    const auto [other, is_new] = seen.emplace(target.guild, &target);
    if (!is_new) return std::pair{*other->second, target};
  }
  return std::nullopt;
}

Part parse_part(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view index_text = text.substr(0, slash);
  const bool is_automatic = index_text == "auto";
  const std::string counted = slash != std::string_view::npos ? std::string(text.substr(slash + 1))
                              : is_automatic                  ? environment("VCPLAY_PARTS")
                                                              : "";
  if (is_automatic && counted.empty()) {
    refuse("--part auto needs to know of how many: give auto/N, or set VCPLAY_PARTS.");
  }
  const auto count = read_number<unsigned>(counted);
  if (!count || *count < 1 || *count > kMostParts) {
    refuse("--part wants I/N with I from 0 to N-1, such as 2/5, or auto/N, not {}.", shown(text));
  }
  const auto index = is_automatic ? std::optional(own_index()) : read_number<unsigned>(index_text);
  if (!index || *index >= *count) {
    refuse("--part wants I/N with I from 0 to N-1, such as 2/5, not {}.",
           is_automatic && index ? fmt::format("{}/{}", *index, *count) : shown(text));
  }
  return {*index, *count};
}

std::vector<Target> part_of(std::vector<Target> targets, const Part& part) {
  std::erase_if(targets,
                [&](const Target& target) { return (target.guild.value >> 22) % part.count != part.index; });
  return targets;
}

}  // namespace vcplay::cli
