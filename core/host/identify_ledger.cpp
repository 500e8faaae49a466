#include "host/identify_ledger.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/log.hpp"
#include "base/text.hpp"
#include "host/identify_slots.hpp"

namespace vcplay::host {
namespace {

// Another process has the file for the time of one short read and write.
constexpr Duration kBusyWait = 20ms;
constexpr int kMostBusy = 250;  // five seconds: it was stopped in the midst of it
constexpr int kFewest = 5;      // that Discord's count must have left
constexpr auto kShortestTold = std::chrono::minutes(1);

constexpr std::string_view kAdvice =
    "Keep one vcplay running, with a playlist or a pipe, instead of starting it for each sound.";

/// "2 h 13 min", "45 min".
std::string words(std::chrono::milliseconds time) {
  const auto minutes = std::max<long>(std::chrono::ceil<std::chrono::minutes>(time).count(), 1);
  return minutes < 60 ? fmt::format("{} min", minutes)
                      : fmt::format("{} h {} min", minutes / 60, minutes % 60);
}

[[noreturn]] void refuse(const std::string& sentence) {
  throw Error(Cause::identify_budget, fmt::format("{} {}", sentence, kAdvice));
}

}  // namespace

IdentifyLedger::IdentifyLedger(const StateFolder* folder, const BotKey& bot)
    : folder_(folder), name_(bot.str() + ".identifies") {}

Duration IdentifyLedger::reserve(WallTime now) {
  Book book;
  if (!open(book)) return kBusyWait;
  const Times times = settle(book, now);
  refuse_if_used_up(times, now);
  warn_if_many(std::max(times.size(), used_by_discords_count(times, now)));
  const Duration wait = spacing(times, now);
  const bool granted = wait == Duration::zero();
  if (granted) book.slots.add(now, now - kWindow);
  const bool stored = store(book);
  if (granted) own_.push_back({now, stored});
  return wait;
}

std::size_t IdentifyLedger::used(WallTime now) {
  Book book;
  static_cast<void>(open(book));
  const Times times = settle(book, now);
  return std::max(times.size(), used_by_discords_count(times, now));
}

void IdentifyLedger::reconcile(const SessionStartLimit& limit, WallTime now) {
  if (limit.total < 1) return;
  SessionStartLimit sane = limit;
  sane.remaining = std::clamp(limit.remaining, 0, limit.total);
  sane.max_concurrency = std::max(limit.max_concurrency, 1);
  const auto lasts = std::chrono::ceil<std::chrono::milliseconds>(limit.reset_after);
  told_ = Told{sane, now, now + std::clamp<std::chrono::milliseconds>(lasts, kShortestTold, kWindow)};
}

/// False: another process has it at this moment.
bool IdentifyLedger::open(Book& book) {
  if (folder_ == nullptr) return true;
  try {
    auto opened = LockedFile::open(*folder_, name_);
    if (const auto* const held = std::get_if<Held>(&opened)) {
      if (++busy_ < kMostBusy) return false;
      throw Error(Cause::unexpected, fmt::format("Process {} does not give {}/{} back.", held->by.value_or(0),
                                                 display_safe(folder_->path()), display_safe(name_)));
    }
    book.file = std::move(std::get<LockedFile>(opened));
    book.slots = IdentifySlots(book.file->read(IdentifySlots::kMostBytes));
    busy_ = 0;
  } catch (const Error& error) {
    book = Book();
    count_without_file(error.what());
  }
  if (book.slots.damaged() > 0) {
    log::warning(
        "{} of the entries in {}/{} could not be read: the bot has identified more often than counted.",
        book.slots.damaged(), folder_->path(), name_);
  }
  return true;
}

/// Writes what has changed, if there is a file to write to.
bool IdentifyLedger::store(const Book& book) {
  if (!book.file) return false;
  try {
    for (const IdentifySlots::Change& change : book.slots.changes()) {
      book.file->write(change.offset, change.text);
    }
    return true;
  } catch (const Error& error) {
    count_without_file(error.what());
    return false;
  }
}

void IdentifyLedger::count_without_file(const std::string& reason) {
  if (std::exchange(warned_of_file_, true)) return;
  log::warning("{} What this run identifies is not counted for the next one.", reason);
}

/// The identifies within kWindow, none of them later than `now`.
IdentifyLedger::Times IdentifyLedger::settle(Book& book, WallTime now) {
  book.slots.count_future_as(now);
  Times times = book.slots.after(now - kWindow);
  for (Own& own : own_) {
    own.time = std::min(own.time, now);
    const bool is_in_book = own.written && book.file;
    if (!is_in_book && own.time > now - kWindow) times.push_back(own.time);
  }
  std::sort(times.begin(), times.end());
  return times;
}

std::size_t IdentifyLedger::used_by_discords_count(const Times& times, WallTime now) const {
  if (!told_ || now >= told_->until) return 0;
  const auto since = times.end() - std::lower_bound(times.begin(), times.end(), told_->when);
  return static_cast<std::size_t>(told_->limit.total - told_->limit.remaining + since);
}

void IdentifyLedger::refuse_if_used_up(const Times& times, WallTime now) const {
  if (times.size() >= kMost) {
    refuse(fmt::format(
        "This bot has identified {} times within 24 hours, and at 1,000 Discord resets its token; "
        "the next time is in {}.",
        times.size(), words(times[times.size() - kMost] + kWindow - now)));
  }
  const std::size_t used = used_by_discords_count(times, now);
  if (used == 0) return;
  const auto total = static_cast<std::size_t>(told_->limit.total);
  if (used + kFewest > total || used * 10 >= total * 9) {
    refuse(
        fmt::format("This bot has used {} of the {} identifies that Discord grants it a day, and going over "
                    "resets its token; Discord counts anew in {}.",
                    used, total, words(told_->until - now)));
  }
}

void IdentifyLedger::warn_if_many(std::size_t used) {
  if (used < kWarnFrom || std::exchange(warned_of_many_, true)) return;
  log::warning(
      "This bot has identified {} times within 24 hours; vcplay stops at {}, for at 1,000 Discord resets "
      "the token. {}",
      used, kMost, kAdvice);
}

/// How long until Discord takes another one.
Duration IdentifyLedger::spacing(const Times& times, WallTime now) const {
  const std::size_t at_once = told_ ? static_cast<std::size_t>(told_->limit.max_concurrency) : 1;
  if (times.size() < at_once) return Duration::zero();
  return std::max<Duration>(times[times.size() - at_once] + kSpacing - now, Duration::zero());
}

}  // namespace vcplay::host
