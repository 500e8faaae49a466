#include "cli/finding.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/milliseconds.hpp"
#include "base/text.hpp"
#include "cli/exit_status.hpp"

namespace vcplay::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kCheckColumns = 10;  // of the longest word that names a check

struct Sign {
  std::string_view word;
  std::string_view utf8;
  std::string_view ascii;
  std::string_view color;
};

const Sign& row_of(Mark mark) noexcept {
  static constexpr Sign kSigns[] = {
      {"ok", "\u2713", "ok", "\x1b[32m"},
      {"warning", "!", "! ", "\x1b[33m"},
      {"failed", "\u2717", "no", "\x1b[1;31m"},
      {"skipped", "\u2013", "- ", "\x1b[2m"},
  };
  return kSigns[static_cast<std::size_t>(mark)];
}

const Finding* first_failed(const std::vector<Finding>& findings) noexcept {
  const auto found =
      std::find_if(findings.begin(), findings.end(), [](const Finding& f) { return f.mark == Mark::failed; });
  return found == findings.end() ? nullptr : &*found;
}

int status_of(const Finding* failed) noexcept {
  return failed == nullptr ? 0 : number(to_exit_status(failed->cause));
}

Json text_or_null(std::string_view text) {
  constexpr std::size_t kColumns = 1000;
  return text.empty() ? Json(nullptr) : Json(display_safe(text, kColumns));
}

Json to_json(const media::TrackInfo& track) {
  return {{"location", text_or_null(track.location)},
          {"title", text_or_null(track.title)},
          {"artist", text_or_null(track.artist)},
          {"codec", text_or_null(track.codec)},
          {"container", text_or_null(track.container)},
          {"rate", track.sample_rate},
          {"channels", track.channels},
          {"duration", track.duration ? Json(short_seconds(*track.duration)) : Json(nullptr)}};
}

Json to_json(const Finding& finding) {
  const bool failed = finding.mark == Mark::failed;
  Json object = {{"check", finding.check},
                 {"result", word(finding.mark)},
                 {"message", finding.sentence},
                 {"status", failed ? Json(status_of(&finding)) : Json(nullptr)}};
  if (finding.track) object["media"] = to_json(*finding.track);
  if (finding.channel) object["channel"] = finding.channel->str();
  return object;
}

}  // namespace

std::string_view word(Mark mark) noexcept { return row_of(mark).word; }

std::string sign(Mark mark, Style style) {
  constexpr std::string_view kPlain = "\x1b[0m";
  const Sign& row = row_of(mark);
  const std::string_view text = style.utf8 ? row.utf8 : row.ascii;
  return style.color ? fmt::format("{}{}{}", row.color, text, kPlain) : std::string(text);
}

std::string to_line(const Finding& finding, Style style) {
  const std::string sentence = style.utf8 ? finding.sentence : ascii_only(finding.sentence);
  return fmt::format("{} {:<{}}  {}\n", sign(finding.mark, style), finding.check, kCheckColumns, sentence);
}

std::optional<Error> verdict(const std::vector<Finding>& findings) {
  const Finding* const first = first_failed(findings);
  if (first == nullptr) return std::nullopt;
  const auto failed = std::count_if(findings.begin(), findings.end(),
                                    [](const Finding& f) { return f.mark == Mark::failed; });
  return Error(first->cause,
               failed == 1 ? fmt::format("One check failed: {}.", first->check)
                           : fmt::format("{} checks failed, the first of them: {}.", failed, first->check));
}

std::string to_json_line(const std::vector<Finding>& findings) {
  const Finding* const first = first_failed(findings);
  Json object = {{"ok", first == nullptr}, {"status", status_of(first)}, {"checks", Json::array()}};
  for (const Finding& finding : findings) object["checks"].push_back(to_json(finding));
  return object.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace vcplay::cli
