#include "media/io.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

#include "base/error.hpp"
#include "media/ebml.hpp"
#include "media/formats.hpp"
#include "media/guessed_size.hpp"
#include "media/piece_form.hpp"
#include "media/remote.hpp"

namespace vcplay::media {
namespace {

constexpr int kReadBytes = 32 * 1024;
constexpr Duration kFetchPatience = 20s;
constexpr const char* kNoProtocols = "none";

/// Where the segment of a Matroska ends that begins so.
std::optional<std::uint64_t> end_of_matroska(ByteView head) {
  const auto header = read_ebml_element(head);
  if (!header || header->id != kEbmlHeader || !header->size || *header->size > head.size() - header->head) {
    return std::nullopt;
  }
  const auto begin = header->head + static_cast<std::size_t>(*header->size);
  const auto segment = read_ebml_element(head.subspan(begin));
  if (!segment || segment->id != kEbmlSegment || !segment->size) return std::nullopt;
  return begin + segment->head + *segment->size;
}

/// Where an AVI ends that begins so, or its first part (OpenDML).
std::optional<std::uint64_t> end_of_avi(ByteView head) {
  constexpr std::size_t kRiffHead = 8;
  if (head.size() < 12 || !begins(head, "RIFF") || !begins(head.subspan(kRiffHead), "AVI "))
    return std::nullopt;
  const std::uint64_t size = number(head, 4, 4, false);
  return is_guessed_size(size) || is_round_size(size) ? std::nullopt : std::optional(kRiffHead + size);
}

/// The bytes of each packet of an MPEG transport stream that begins so (ISO/IEC 13818-1 s2.4.3.2): alone,
/// with the time of its arrival, or with parity.
std::optional<std::uint64_t> transport_packet(std::string_view head) {
  constexpr char kSync = 0x47;
  struct Shape {
    std::size_t first;
    std::size_t bytes;
  };
  for (const Shape shape : {Shape{0, 188}, Shape{4, 192}, Shape{0, 204}}) {
    const std::size_t last = shape.first + 2 * shape.bytes;
    if (head.size() > last && head[shape.first] == kSync && head[last - shape.bytes] == kSync &&
        head[last] == kSync) {
      return shape.bytes;
    }
  }
  return std::nullopt;
}

[[noreturn]] void refuse(const std::string& location, const std::string& why) {
  throw Error(Cause::no_media, named(location) + ' ' + why);
}

std::string words_of(int error) { return std::generic_category().message(error); }

/// A deadline that FFmpeg asks about while it waits.
struct Deadline {
  const World& world;
  Allowance& allowance;
  TimePoint end;
  static int passed(void* self) noexcept {
    const auto& deadline = *static_cast<const Deadline*>(self);
    return deadline.world.over() || deadline.allowance.is_spent() || Clock::now() >= deadline.end ? 1 : 0;
  }
};

/// What a server's answer is, by what it says of it or by how it begins.
std::optional<PlaylistKind> playlist_in(const RemoteStream& stream) {
  if (stream.head().find("#EXT-X-") != std::string_view::npos) return std::nullopt;
  if (const auto kind = playlist_by_content(stream.head())) return kind;
  for (const std::string_view type : {"audio/x-mpegurl", "audio/mpegurl", "application/x-mpegurl",
                                      "application/vnd.apple.mpegurl", "application/mpegurl"}) {
    if (same_word(stream.type(), type)) return PlaylistKind::m3u;
  }
  for (const std::string_view type :
       {"audio/x-scpls", "audio/scpls", "application/pls+xml", "application/x-scpls"}) {
    if (same_word(stream.type(), type)) return PlaylistKind::pls;
  }
  if (same_word(stream.type(), "application/xspf+xml")) return PlaylistKind::xspf;
  return std::nullopt;
}

}  // namespace

Fetched fetch(const std::string& location, std::size_t most, World world,
              bool (*wanted)(std::string_view beginning)) {
  Allowance allowance(Abode::on_a_server, world.web);
  const RuledConnections ruled(allowance);
  Deadline deadline{world, allowance, Clock::now() + kFetchPatience};
  const Progress::Wait wait(world.progress, Progress::Awaits::server);
  const AVIOInterruptCB interrupt{Deadline::passed, &deadline};
  Dictionary options;
  set_server_rules(options, world);
  forget_complaints();
  AVIOContext* opened = nullptr;
  if (const int result = avio_open2(&opened, location.c_str(), AVIO_FLAG_READ, &interrupt, options.out());
      result < 0) {
    const std::string& fault = allowance.fault();
    refuse(location, "cannot be opened: " + (fault.empty() ? why_not_opened(result) : fault));
  }
  const std::unique_ptr<AVIOContext, CloseReader> reader(opened);
  Fetched fetched{{}, final_location(*opened, location)};
  std::array<std::uint8_t, 16 * 1024> piece{};
  while (const int got = avio_read_partial(opened, piece.data(), static_cast<int>(piece.size()))) {
    if (got < 0) break;
    allowance.take(got);
    const bool is_first = fetched.body.empty();
    fetched.body.append(reinterpret_cast<const char*>(piece.data()), static_cast<std::size_t>(got));
    if (is_first && !wanted(fetched.body)) return fetched;
    if (fetched.body.size() > most) refuse(location, "is longer than a playlist may be");
  }
  if (allowance.is_spent()) refuse(location, "cannot be opened: " + allowance.fault());
  if (Clock::now() >= deadline.end) refuse(location, "did not arrive within 20 s");
  return fetched;
}

bool is_address(const std::string& location) {
  return location.starts_with("http://") || location.starts_with("https://");
}

std::string shortened(const std::string& name) {
  constexpr std::size_t kMostBytes = 1'000;
  constexpr std::size_t kEnd = 100;
  if (name.size() <= kMostBytes) return name;
  return name.substr(0, kMostBytes - kEnd) + "…" + name.substr(name.size() - kEnd);
}

std::string named(const std::string& location) {
  return location == "-" ? "standard input" : '"' + shortened(location) + '"';
}

Access::Access(const Media& media, World world)
    : location_(media.location),
      world_(world),
      allowance_(is_address(media.location) || media.nature == Media::Nature::local_hls ? Abode::on_a_server
                                                                                        : Abode::here,
                 world.web),
      local_hls_(media.nature == Media::Nature::local_hls) {
  const RuledConnections ruled(allowance_);
  try {
    if (is_address(location_)) {
      open_remote(media);
    } else if (location_ == "-") {
      open_standard_input();
    } else {
      open_file();
    }
    begin_piece();
  } catch (...) {
    if (owned_) ::close(fd_);
    throw;
  }
}

Access::~Access() {
  if (owned_) ::close(fd_);
}

void Access::open_remote(const Media& media) {
  went_remote_ = true;
  remote_ = std::make_unique<RemoteStream>(location_, world_, allowance_);
  seekable_ = remote_->is_seekable();
  is_hls_ = media::is_hls(remote_->head());
  if (media.nature == Media::Nature::track || !media.format.empty()) return;
  if (const auto kind = playlist_in(*remote_)) throw ListFound{*kind};
}

const std::string& Access::location() const noexcept {
  return remote_ == nullptr ? location_ : remote_->location();
}

std::optional<std::uint64_t> Access::size_that_came() const {
  if (const auto border = border_.border()) return border;
  struct stat about {};
  if (regular_ && seekable_ && ::fstat(fd_, &about) == 0) {
    return static_cast<std::uint64_t>(about.st_size) - piece_begin_;
  }
  return came_whole_ ? std::optional(at_ + held_.size()) : std::nullopt;
}

std::uint64_t Access::missing_bytes() const {
  const std::uint64_t came = size_that_came().value_or(UINT64_MAX);
  const std::uint64_t end = border_.promised_end().value_or(end_of_avi(as_bytes(head())).value_or(0));
  return end > came ? end - came : 0;
}

bool Access::ends_amid_packet() const {
  const auto came = size_that_came();
  if (!came) return false;
  if (const auto packet = transport_packet(head())) return *came % *packet > 0;
  if (!border_.is_ogg()) return false;
  return missing_bytes() > 0 || border_.is_amid_packet() || border_.is_amid_head();
}

std::uint64_t Access::unknown_bytes() const {
  const auto unknown = border_.unknown();
  const std::uint64_t came = seekable_ ? size_that_came().value_or(0) : at_;
  return unknown && came > *unknown ? came - *unknown : 0;
}

bool Access::ends_early() const noexcept {
  const auto end = end_of_matroska(as_bytes(head()));
  const std::int64_t there = seekable_ ? size() : position_;
  return end && there >= 0 && static_cast<std::uint64_t>(there) < *end;
}

bool Access::is_web_page() const {
  return remote_ != nullptr && (remote_->type() == "text/html" || remote_->type() == "application/xhtml+xml");
}

std::string Access::station() const { return remote_ == nullptr ? std::string() : remote_->station(); }

std::optional<std::string> Access::take_title() {
  return remote_ == nullptr ? std::nullopt : remote_->take_title();
}

void Access::open_file() {
  struct stat about {};
  if (::stat(location_.c_str(), &about) != 0) {
    const bool looks_like_address = errno == ENOENT && location_.find("://") != std::string::npos;
    refuse(location_, "cannot be opened: " + words_of(errno) +
                          (looks_like_address ? " (of addresses, http:// and https:// are played)" : ""));
  }
  if (S_ISDIR(about.st_mode)) refuse(location_, "is a directory; name the files in it");
  // A named pipe without a writer would hold up open() for ever; the wait belongs where stop() can end it.
  fifo_ = S_ISFIFO(about.st_mode);
  const int gently = fifo_ ? O_NONBLOCK : 0;
  fd_ = ::open(location_.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | gently);
  if (fd_ < 0) refuse(location_, "cannot be opened: " + words_of(errno));
  owned_ = true;
  if (::fstat(fd_, &about) != 0) refuse(location_, "cannot be read: " + words_of(errno));
  if (::isatty(fd_) == 1) refuse(location_, "is a terminal: name a file, or pipe audio into vcplay");
  regular_ = S_ISREG(about.st_mode);
  if (regular_ && about.st_size == 0) refuse(location_, "is empty");
  seekable_ = regular_ || S_ISBLK(about.st_mode);
  if (regular_) allowance_.note_size(about.st_size);
}

void Access::open_standard_input() {
  fd_ = STDIN_FILENO;
  struct stat about {};
  if (::fstat(fd_, &about) != 0 ||
      (about.st_mode & S_IFMT) == 0) {  // no type: an eventfd or the like of our own
    refuse(location_, "is closed: pipe audio into vcplay or name a file");
  }
  if (::isatty(fd_) == 1) refuse(location_, "is a terminal: pipe audio into vcplay or name a file");
  if (S_ISDIR(about.st_mode)) refuse(location_, "is a directory, not audio");
  regular_ = S_ISREG(about.st_mode);
  // FFmpeg counts from the file's beginning; what was read from it before we came is not ours to play.
  seekable_ = regular_ && ::lseek(fd_, 0, SEEK_CUR) == 0;
  if (regular_) allowance_.note_size(about.st_size);
}

void Access::attach_reader() {
  auto* const buffer = made(static_cast<std::uint8_t*>(av_malloc(kReadBytes)));
  AVIOContext* const reader =
      avio_alloc_context(buffer, kReadBytes, 0, this, on_read, nullptr, seekable_ ? on_seek : nullptr);
  if (reader == nullptr) av_free(buffer);
  reader_.reset(made(reader));
}

void Access::guard(AVFormatContext& format) {
  format.interrupt_callback = {on_interrupt, this};
  format.opaque = this;
  format.io_open = on_open;
  format.io_close2 = on_close;
  format.pb = reader_.get();
  format.format_whitelist = made(av_strdup(safe_formats().c_str()));
  // Demuxers that open connections behind io_open's back (SDP, concat) still obey the whitelist.
  format.protocol_whitelist = made(av_strdup(may_lead_on() ? kServerProtocols : kNoProtocols));
}

}  // namespace vcplay::media
