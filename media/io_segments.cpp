// What a medium leads on to: the lists and segments of HLS.
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include "base/log.hpp"
#include "media/io.hpp"
#include "media/remote.hpp"

namespace vcplay::media {
namespace {

// Without sound, while FFmpeg reads what a medium leads on to.
constexpr Duration kPatience = 30s;
constexpr const char* kNothingCame = "nothing came for 30 s";
// Of one list or segment whose server cannot be reached.
constexpr Duration kReopening = 20s;
constexpr Duration kFirstPause = 250ms;
constexpr Duration kLongestPause = 4s;

/// True where no server said anything.
bool is_unreachable(int averror) {
  constexpr std::array kOfTheLine = {ECONNREFUSED, ECONNRESET, ECONNABORTED, EHOSTUNREACH, ENETDOWN,
                                     ENETUNREACH,  EPIPE,      ETIMEDOUT,    EIO};
  return std::any_of(kOfTheLine.begin(), kOfTheLine.end(),
                     [averror](int error) { return averror == AVERROR(error); });
}

/// True where it may be another answer next time.
bool is_passing(int averror) { return is_unreachable(averror) || averror == AVERROR_HTTP_SERVER_ERROR; }

/// A list of segments names what one stream consists of; what else asks for a file (MP4's external
/// references) gets none.
bool is_segmented(const AVInputFormat* format) {
  return format != nullptr && std::string_view(format->name) == "hls";
}

/// What FFmpeg puts before the address of an encrypted segment.
constexpr std::string_view kCrypto = "crypto+";

bool is_encrypted(std::string_view url) { return url.starts_with(kCrypto); }

}  // namespace

const std::string& Access::fault() const noexcept {
  if (!allowance_.fault().empty()) return allowance_.fault();
  return given_up_ || remote_ == nullptr ? fault_ : remote_->fault();
}

int Access::on_interrupt(void* self) noexcept {
  auto& access = *static_cast<Access*>(self);
  if (access.world_.over()) return 1;  // and nothing of the world's is touched any more
  for (const Lead& lead : access.leads_) access.count_lead(lead.reader, false);
  return access.allowance_.is_spent() || (access.may_lead_on() && access.is_given_up()) ? 1 : 0;
}

/// Counts what FFmpeg has read of a list or a segment: their bytes do not come through here.
void Access::count_lead(AVIOContext* reader, bool closes) noexcept {
  const auto lead =
      std::find_if(leads_.begin(), leads_.end(), [reader](const Lead& one) { return one.reader == reader; });
  if (lead == leads_.end()) return;
  allowance_.take(reader->bytes_read - std::exchange(lead->counted, reader->bytes_read));
  if (closes) leads_.erase(lead);
}

int Access::on_close(AVFormatContext* format, AVIOContext* reader) noexcept {
  static_cast<Access*>(format->opaque)->count_lead(reader, true);
  return avio_close(reader);
}

// A live stream may fall silent for as long as a web radio may. The watchdog, which has less patience, sees
// that nothing hangs here.
bool Access::is_given_up() noexcept {
  world_.progress.waits();
  if (world_.progress.times() != sounds_) {
    sounds_ = world_.progress.times();
    silent_since_ = Clock::now();
  }
  if (!given_up_ && Clock::now() - silent_since_ > kPatience) give_up(kNothingCame);
  return given_up_;
}

void Access::give_up(const std::string& why) {
  given_up_ = true;
  fault_ = why;
}

int Access::on_open(AVFormatContext* format, AVIOContext** reader, const char* url, int flags,
                    AVDictionary** options) noexcept {
  auto& access = *static_cast<Access*>(format->opaque);
  const bool to_server = is_address(is_encrypted(url) ? url + kCrypto.size() : url);
  const bool allowed =
      access.may_lead_on() && is_segmented(format->iformat) && (flags & AVIO_FLAG_WRITE) == 0;
  if (access.is_spent()) return AVERROR_EXIT;
  try {
    if (!allowed || !(to_server || access.may_open_file(url))) {
      access.wanted_more_ = true;
      if (allowed && access.is_missing_here(url)) access.note_loss(AVERROR(ENOENT), false);
      return AVERROR(EPERM);
    }
    access.leads_.reserve(access.leads_.size() + 1);
    const int result = to_server ? access.open_address(reader, url, flags, options)
                                 : avio_open(reader, ("file:" + std::string(url)).c_str(), AVIO_FLAG_READ);
    if (result >= 0) access.leads_.push_back({*reader, 0});
    return result;
  } catch (...) {
    return AVERROR(ENOMEM);
  }
}

/// FFmpeg has made the name absolute, seen from the playlist.
bool Access::may_open_file(const char* url) const {
  struct stat about {};
  return local_hls_ && !went_remote_ && ::stat(url, &about) == 0 && S_ISREG(about.st_mode);
}

/// It is a segment of a list on this machine, and not there.
bool Access::is_missing_here(const char* url) const {
  struct stat about {};
  return local_hls_ && !went_remote_ && !is_address(url) && !playlist_by_name(url) &&
         ::stat(url, &about) != 0;
}

int Access::open_address(AVIOContext** reader, const char* url, int flags, AVDictionary** options) {
  went_remote_ = true;
  Dictionary all(options == nullptr ? nullptr : *options);
  set_server_rules(all, world_);
  const RuledConnections ruled(allowance_);
  all.set("reconnect", 1);
  all.set("reconnect_delay_max", 4);
  const int result = open_patiently(reader, url, flags, all);
  if (result < 0 || is_encrypted(url) || is_address(final_location(**reader, url))) return result;
  avio_closep(reader);
  wanted_more_ = true;
  return AVERROR(EPERM);
}

// FFmpeg asks once, ends a stream with a list that it does not get anew, and skips a segment without a word.
// Once there was sound, a line that is down or a server that starts anew is waited for; but a segment that a
// server cannot give is better skipped.
int Access::open_patiently(AVIOContext** reader, const char* url, int flags, const Dictionary& rules) {
  const AVIOInterruptCB interrupt{on_interrupt, this};
  const bool is_list = playlist_by_name(url).has_value();
  const TimePoint deadline = Clock::now() + kReopening;
  Duration pause = kFirstPause;
  for (;;) {
    Dictionary options(rules.get());
    const int result = avio_open2(reader, url, flags, &interrupt, options.out());
    if (result >= 0 || world_.over() || is_spent() || is_given_up()) return result;
    if (!heard_) {
      if (!is_list) note_loss(result, false);
      return result;
    }
    const bool may_come = is_list ? is_passing(result) : is_unreachable(result);
    if (!may_come || Clock::now() >= deadline) {
      note_loss(result, is_list);
      return result;
    }
    if (world_.stop.wait_for(pause) || world_.over() || is_given_up()) return AVERROR_EXIT;
    pause = std::min(pause * 2, kLongestPause);
  }
}

void Access::note_loss(int averror, bool of_a_list) {
  if (of_a_list) return give_up("its list cannot be had any more: " + describe(averror));
  if (loss_.empty()) loss_ = describe(averror);
  if (heard_) tell_loss();
}

/// Once there is sound: where there is none, another sentence says why.
void Access::tell_loss() {
  if (loss_.empty() || std::exchange(tells_loss_, true)) return;
  const std::string sentence =
      named(location_) + ": a segment of it cannot be had: " + loss_ + "; it is left out";
  tell(sentence);
}

}  // namespace vcplay::media
