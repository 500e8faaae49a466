#include "media/remote.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "media/http_answer.hpp"
#include "media/http_status.hpp"
#include "media/playlist.hpp"

namespace vcplay::media {
namespace {

constexpr std::int64_t kSilence = 8'000'000;  // µs without a byte
constexpr Duration kOpening = 15s;            // redirects and all
constexpr Duration kReading = 10s;            // for when `kSilence` is not noticed
// Fewer bytes than these in so long are no audio: the poorest Opus has three times as many.
constexpr Duration kWindow = 8s;
constexpr std::int64_t kLeastInWindow = 2048;
// Whatever comes, and be it fast: if there is no sound in it for so long, something else may play.
constexpr Duration kSoundless = 30s;
// When a lost connection was found again, and has given so much, all is well.
constexpr std::int64_t kWellAgain = 64 * 1024;
constexpr Duration kLongestLoss = 30s;
constexpr int kMostAttempts = 10;
constexpr int kMostBarren = 2;  // connections to a file that give not a byte more of it: its length is wrong
constexpr Duration kFirstPause = 250ms;
constexpr Duration kLongestPause = 5s;
constexpr std::int64_t kMostToSkip = 256 << 20;  // bytes, where a server gives a file from its beginning only
constexpr std::size_t kHeadBytes = 512;

constexpr const char* kUserAgent = "vcplay/" VCPLAY_VERSION;

std::string option_of(AVIOContext& reader, const char* name) {
  std::uint8_t* text = nullptr;
  if (av_opt_get(&reader, name, AV_OPT_SEARCH_CHILDREN, &text) < 0 || text == nullptr) return {};
  std::string value = reinterpret_cast<const char*>(text);
  av_free(text);
  return value;
}

/// The value of one of Icecast's headers, "icy-name: value" in a line.
std::string icy_header(std::string_view headers, std::string_view name) {
  while (!headers.empty()) {
    const std::string_view line = take_line(headers);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !same_word(line.substr(0, colon), name)) continue;
    const std::size_t first = line.find_first_not_of(' ', colon + 1);
    return first == std::string_view::npos ? std::string() : to_utf8(line.substr(first));
  }
  return {};
}

/// The HTTP status that `averror` stands for; 0: none.
int status_of(int averror) {
  constexpr std::array<std::pair<int, int>, 4> kOwnNumbers{{{AVERROR_HTTP_BAD_REQUEST, 400},
                                                            {AVERROR_HTTP_UNAUTHORIZED, 401},
                                                            {AVERROR_HTTP_FORBIDDEN, 403},
                                                            {AVERROR_HTTP_NOT_FOUND, 404}}};
  if (http_answer().error > 0) return http_answer().error;
  const auto known = std::find_if(kOwnNumbers.begin(), kOwnNumbers.end(),
                                  [averror](const auto& pair) { return pair.first == averror; });
  return known == kOwnNumbers.end() ? 0 : known->second;
}

std::string reason(int averror) {
  if (averror == AVERROR_EXIT) return "no answer came in time";
  if (const int status = status_of(averror); status > 0)
    return "its server answers " + describe_http_status(status);
  // FFmpeg's words for it have numbers in them, as of an endless stream's end.
  if (averror == AVERROR_EOF || first_complaint().find("Stream ends prematurely") != std::string::npos)
    return "it ended too early";
  return describe_fully(averror);
}

}  // namespace

void set_server_rules(Dictionary& options, const World& world) {
  options.set("protocol_whitelist", kServerProtocols);
  options.set("tls_verify", 1);  // FFmpeg's own default is to believe everybody
  options.set("ca_file", world.trust.path());
  // A proxy would connect in our place, to whatever address it finds.
  if (world.web.origin == Origin::untrusted) options.set("http_proxy", "");
  options.set("rw_timeout", kSilence);
  options.set("user_agent", kUserAgent);
}

std::string final_location(AVIOContext& reader, const std::string& asked) {
  const std::string location = option_of(reader, "location");
  return location.empty() ? asked : location;
}

std::string why_not_opened(int averror) {
  const bool has_no_words = first_complaint().empty();
  if (averror == AVERROR_EOF) return "its server closed the connection without an answer";
  if (averror == AVERROR(EIO) && has_no_words) return "its server redirects again and again";
  if (averror == AVERROR(EINVAL) && has_no_words) return "its server redirects to neither http nor https";
  return reason(averror);
}

std::optional<std::string> stream_title(std::string_view metadata) {
  constexpr std::string_view kStart = "StreamTitle='";
  const std::size_t start = metadata.find(kStart);
  if (start == std::string_view::npos) return std::nullopt;
  const std::string_view rest = metadata.substr(start + kStart.size());
  std::size_t end = rest.find("';");  // an apostrophe may stand in it
  if (end == std::string_view::npos) end = rest.rfind('\'');
  return to_utf8(rest.substr(0, std::min(end, rest.size())));
}

RemoteStream::RemoteStream(const std::string& url, World world, Allowance& allowance)
    : url_(url), world_(world), allowance_(allowance), location_(url) {
  forget_complaints();
  const Progress::Wait wait(world_.progress, Progress::Awaits::server);
  if (const int result = open(0); result < 0) {
    const std::string& fault = allowance_.fault();
    throw Error(Cause::no_media,
                named(url_) + " cannot be opened: " + (fault.empty() ? why_not_opened(result) : fault));
  }
  if (!is_address(location_)) {
    throw Error(Cause::no_media,
                named(url_) + " leads to \"" + location_ + "\", which is neither http nor https");
  }
  describe_stream();
  read_head();
}

/// Reads more than the first bytes where they are text: a list may arrive letter by letter. Sound and radios
/// are no text, and are not waited for.
void RemoteStream::read_head() {
  std::string head;
  while (head.empty() || (head.size() < kHeadBytes && is_text(head) && !live_)) {
    std::array<std::uint8_t, kHeadBytes> bytes{};
    const int got = read(bytes.data(), static_cast<int>(bytes.size() - head.size()));
    if (got <= 0) break;  // whoever reads next learns why
    head.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(got));
  }
  head_ = std::move(head);
}

int RemoteStream::on_interrupt(void* self) noexcept {
  const auto& stream = *static_cast<const RemoteStream*>(self);
  // Where a body is not encoded as its server says, FFmpeg would try every byte of it.
  const bool is_nonsense = !http_answer().is_encoded;
  return is_nonsense || stream.world_.over() || stream.allowance_.is_spent() ||
         Clock::now() >= stream.deadline_;
}

int RemoteStream::open(std::int64_t offset) {
  deadline_ = Clock::now() + kOpening;
  http_answer() = {};
  Dictionary options;
  set_server_rules(options, world_);
  if (offset > 0) options.set("offset", offset);
  if (end_ > 0) options.set("end_offset", end_);
  const AVIOInterruptCB interrupt{on_interrupt, this};
  AVIOContext* opened = nullptr;
  const int result = avio_open2(&opened, url_.c_str(), AVIO_FLAG_READ, &interrupt, options.out());
  reader_.reset(opened);
  if (opened != nullptr) location_ = final_location(*opened, url_);
  if (opened != nullptr && end_ == 0 && http_answer().range_end > 0) {
    // FFmpeg reads nothing of what has no length. It is asked for as much as the server has just offered.
    end_ = http_answer().range_end;
    return open(offset);
  }
  waited_ = {};
  window_ = 0;
  return result;
}

void RemoteStream::describe_stream() {
  type_ = option_of(*reader_, "mime_type");
  type_ = type_.substr(0, type_.find_first_of("; "));
  const std::string icecast = option_of(*reader_, "icy_metadata_headers");
  station_ = icy_header(icecast, "icy-name");
  size_ = end_ > 0 ? end_ : std::max<std::int64_t>(-1, avio_size(reader_.get()));
  live_ = size_ < 0 && !icecast.empty();
  seekable_ = size_ > 0 && (reader_->seekable & AVIO_SEEKABLE_NORMAL) != 0;
}

int RemoteStream::read(std::uint8_t* buffer, int size) noexcept {
  if (!head_.empty()) {
    const std::size_t count = std::min(head_.size(), static_cast<std::size_t>(size));
    std::copy_n(head_.begin(), count, buffer);
    head_.erase(0, count);
    return static_cast<int>(count);
  }
  try {
    const Progress::Wait wait(world_.progress, Progress::Awaits::server);
    for (;;) {
      const int got = reader_ == nullptr ? AVERROR(EIO) : read_once(buffer, size);
      if (got > 0) return got;
      if (world_.over()) return AVERROR_EXIT;
      if (allowance_.is_spent()) return AVERROR_EXIT;
      if (reader_ != nullptr && is_over(got)) return AVERROR_EOF;
      if (fault_.empty()) fault_ = why_lost(got);
      reader_.reset();
      if (!reconnect()) return world_.over() ? AVERROR_EXIT : AVERROR(EIO);
      fault_.clear();
    }
  } catch (...) {
    return AVERROR(ENOMEM);
  }
}

std::string RemoteStream::why_lost(int averror) const {
  if (!http_answer().is_encoded) {
    return "it is not " + display_safe(http_answer().encoding) + ", though its server says so";
  }
  return too_slow_ ? "its server sends too slowly" : "the connection was lost: " + reason(averror);
}

int RemoteStream::read_once(std::uint8_t* buffer, int size) {
  const TimePoint began = Clock::now();
  deadline_ = began + kReading;
  const int got = avio_read_partial(reader_.get(), buffer, size);
  count(std::max(0, got), Clock::now() - began);
  if (too_slow_) return AVERROR(ETIMEDOUT);
  if (got > 0) {
    position_ += got;
    if (live_) note_title();
  }
  return got == 0 ? AVERROR_EOF : got;
}

void RemoteStream::count(int bytes, Duration waited) {
  waited_ += waited;
  window_ += bytes;
  since_loss_ += bytes;
  if (since_loss_ >= kWellAgain) {
    lost_ = {};
    attempts_ = 0;
  }
  if (world_.progress.times() != sounds_) {
    sounds_ = world_.progress.times();
    soundless_ = {};
  }
  soundless_ += waited;
  if (waited_ < kWindow && soundless_ < kSoundless) return;
  too_slow_ = window_ < kLeastInWindow || soundless_ >= kSoundless;
  waited_ = {};
  window_ = 0;
}

bool RemoteStream::is_over(int result) const noexcept {
  if (size_ >= 0) return result == AVERROR_EOF && position_ >= size_;
  // Without a length the end of the connection is the end of the medium. FFmpeg calls it an error, since it
  // cannot know. Chunks tell: there is a last one.
  const HttpAnswer& answer = http_answer();
  if (answer.is_chunked && !answer.has_last_chunk) return false;
  return !live_ && (result == AVERROR_EOF || result == AVERROR(EIO));
}

bool RemoteStream::may_reconnect() const noexcept {
  if (!http_answer().is_encoded) return false;
  if (size_ < 0 && !live_) return false;  // nobody could say where to go on
  return !too_slow_ || since_loss_ >= kWellAgain;
}

bool RemoteStream::reconnect() {
  if (!may_reconnect()) return false;
  barren_ = lost_ != TimePoint{} && since_loss_ == 0 ? barren_ + 1 : 0;
  if (lost_ == TimePoint{}) lost_ = Clock::now();
  since_loss_ = 0;
  too_slow_ = false;
  log::info("{}: {}; connecting again", named(url_), fault_);
  while (attempts_ < kMostAttempts && barren_ < kMostBarren && Clock::now() - lost_ < kLongestLoss) {
    const Duration pause = std::min<Duration>(kLongestPause, kFirstPause * (1 << std::min(attempts_, 10)));
    if (attempts_ > 0 && world_.stop.wait_for(pause)) return false;
    attempts_ += 1;
    if (reopen_at_position()) return true;
    if (world_.over() || allowance_.is_spent()) return false;
  }
  return false;
}

bool RemoteStream::reopen_at_position() {
  forget_complaints();
  if (live_) return open(0) >= 0 && is_address(location_);
  if (open(position_) < 0) {
    // Perhaps it gives nothing but the whole.
    if (position_ == 0 || position_ > kMostToSkip || open(0) < 0) return false;
    for (std::int64_t skipped = 0; skipped < position_;) {
      std::array<std::uint8_t, 16 * 1024> piece{};
      const auto most = std::min<std::int64_t>(static_cast<std::int64_t>(piece.size()), position_ - skipped);
      deadline_ = Clock::now() + kReading;
      const int got = avio_read_partial(reader_.get(), piece.data(), static_cast<int>(most));
      if (got <= 0) return false;
      skipped += got;
    }
  }
  if (is_address(location_) && avio_size(reader_.get()) == size_) return true;
  fault_ = "its server has something else there by now";
  attempts_ = kMostAttempts;
  return false;
}

std::int64_t RemoteStream::seek(std::int64_t offset, int whence) noexcept {
  if ((whence & AVSEEK_SIZE) != 0) return size_ >= 0 ? size_ : AVERROR(ENOSYS);
  if (!seekable_ || whence != SEEK_SET || offset < 0) return AVERROR(ENOSYS);
  const Progress::Wait wait(world_.progress, Progress::Awaits::server);
  deadline_ = Clock::now() + kOpening;
  head_.clear();
  if (reader_ != nullptr && avio_seek(reader_.get(), offset, SEEK_SET) < 0) reader_.reset();
  position_ = offset;  // without a reader the next read() connects there
  return offset;
}

void RemoteStream::note_title() {
  const auto title = stream_title(option_of(*reader_, "icy_metadata_packet"));
  if (!title || *title == title_) return;
  title_ = *title;
  new_title_ = title_;
}

}  // namespace vcplay::media
