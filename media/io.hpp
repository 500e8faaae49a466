// Files, pipes and servers: the only way in which FFmpeg reaches anything outside this process.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/said_once.hpp"
#include "media/allowance.hpp"
#include "media/event.hpp"
#include "media/excursion.hpp"
#include "media/ffmpeg.hpp"
#include "media/id3_tag.hpp"
#include "media/piece_border.hpp"
#include "media/pipeline.hpp"
#include "media/playlist.hpp"
#include "media/progress.hpp"
#include "media/riff_head.hpp"

namespace vcplay::media {

class RemoteStream;

/// The certificates that an https server must be vouched for by, as the one file that FFmpeg asks for.
class TrustAnchors {
 public:
  /// The system's, and those in `ca_file` (PEM) unless it is empty. Throws Error{usage} when
  /// that cannot be read.
  explicit TrustAnchors(const std::string& ca_file);
  ~TrustAnchors();
  TrustAnchors(const TrustAnchors&) = delete;
  TrustAnchors& operator=(const TrustAnchors&) = delete;

  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  int fd_ = -1;  // the file in memory that holds both, if both are needed
  std::string path_;
};

/// What all media of one pipeline share.
struct World {
  Event& stop;
  Progress& progress;
  const TrustAnchors& trust;
  const WebRules& web;
  Excursion* excursion = nullptr;  // of a thread that may be left behind; nullptr: it may not
  SaidOnce* said = nullptr;        // by the media thread; nullptr: everything is news

  /// True for a sentence about a medium that has not been said in an earlier round.
  [[nodiscard]] bool is_news(const std::string& sentence) const {
    return said == nullptr || said->is_new(sentence);
  }
  /// True once whoever reads is to stop: nobody wants any more of it from this thread.
  [[nodiscard]] bool over() const noexcept {
    return stop.raised() || (excursion != nullptr && excursion->is_left_behind());
  }
};

/// True for what is fetched from a server; everything else is a file's name, whatever colons it has.
[[nodiscard]] bool is_address(const std::string& location);

/// What a server answered, all of it.
struct Fetched {
  std::string body;
  std::string location;  // where it was in the end
};

/// Gets what is at the http(s) URL `location`, or only its beginning when `wanted` says no to that. Throws
/// Error{no_media} when there is more of it than `most`, and when it cannot be had within 20 s.
[[nodiscard]] Fetched fetch(const std::string& location, std::size_t most, World world,
                            bool (*wanted)(std::string_view beginning));

/// `name` without its middle, where it is longer than anybody reads: for sentences.
[[nodiscard]] std::string shortened(const std::string& name);

/// "standard input", or the location in quotation marks, without its middle where it is very long.
[[nodiscard]] std::string named(const std::string& location);

/// A server sent a playlist where a track was expected.
struct ListFound {
  PlaylistKind kind;
};

/// One MEDIA's way in (a file, a pipe or a server), past which FFmpeg opens nothing, but for the segments of
/// HLS: those of a stream on a server may come from servers only.
class Access {
 public:
  /// Opens it; throws Error{no_media} when it cannot be, and ListFound when a server
  /// sends a playlist instead.
  Access(const Media& media, World world);
  ~Access();
  Access(const Access&) = delete;
  Access& operator=(const Access&) = delete;

  /// Puts `format` behind this fence, before avformat_open_input().
  void guard(AVFormatContext& format);
  /// After avformat_open_input().
  void opened() noexcept { opening_ = false; }

  /// While a pipe gives nothing, `then` is called each time `patience` is over, in the midst of FFmpeg's
  /// reading: it must not throw, nor ask FFmpeg for more.
  void on_silence(Duration patience, std::function<void()> then) {
    patience_ = patience;
    on_silence_ = std::move(then);
  }
  /// True when the piece that FFmpeg has read is over and another file follows it. Reads on to its end where
  /// only that tells.
  [[nodiscard]] bool has_next_piece(bool was_opened);
  /// True for a file of which it is known before it has been read.
  [[nodiscard]] bool knows_next_piece() const noexcept { return border_.border().has_value(); }
  /// True when there was nothing in the piece but what stands before sound: no piece at all.
  [[nodiscard]] bool is_only_tags() const noexcept {
    return static_cast<std::int64_t>(at_) <= static_cast<std::int64_t>(front_.size()) + cut_;
  }
  /// Goes on to that, of which FFmpeg sees a file of its own. What was behind the fence must be gone.
  void go_to_next_piece();

  /// Where the piece ends is not looked for any more, unless it is known: FFmpeg is about to
  /// leave a part out.
  void stop_looking_for_border() {
    if (!border_.border()) border_.stop();
  }
  /// A warning about this medium, unless it has been said in an earlier round, or enough has been said.
  void tell(const std::string& sentence);

  /// So much of it has become samples.
  void heard(Duration sound) {
    heard_ = true;
    allowance_.note_sound(sound);
    if (!loss_.empty()) tell_loss();
  }
  /// True once it has cost too much: fault() says what.
  [[nodiscard]] bool is_spent() noexcept { return allowance_.is_spent(); }
  /// Whom to ask before FFmpeg connects anywhere on its behalf.
  [[nodiscard]] ConnectionRule& connections() noexcept { return allowance_; }

  /// True when bytes come as they are made and never twice.
  [[nodiscard]] bool is_pipe() const noexcept { return remote_ == nullptr && !seekable_; }
  [[nodiscard]] bool is_seekable() const noexcept { return seekable_; }
  /// True once a pipe or file has given a byte.
  [[nodiscard]] bool gave_anything() const noexcept { return given_ > 0; }
  /// True when the media asked for a file or a server besides itself and did not get it.
  [[nodiscard]] bool wanted_more() const noexcept { return wanted_more_; }

  /// Where it is, after all redirects of a server's.
  [[nodiscard]] const std::string& location() const noexcept;
  /// Why there is no more of it: what servers said, or what it cost; empty: there was all of it.
  [[nodiscard]] const std::string& fault() const noexcept;
  /// The first bytes of it, as FFmpeg saw them: up to 512.
  [[nodiscard]] std::string_view head() const noexcept { return {head_.data(), head_size_}; }
  /// True when a server sent a list of segments.
  [[nodiscard]] bool is_hls() const noexcept { return is_hls_; }
  /// True when a server sent what browsers show.
  [[nodiscard]] bool is_web_page() const;
  /// True for a Matroska whose segment says that it is longer (RFC 9559 s5.1, RFC 8794 s4).
  [[nodiscard]] bool ends_early() const noexcept;
  // Once it is over, of the present piece:
  /// How many bytes of its sound are missing, by the sizes in it; 0 where they do not say.
  [[nodiscard]] std::uint64_t missing_bytes() const;
  /// How many bytes of it came; nothing where it has not been read to its end.
  [[nodiscard]] std::optional<std::uint64_t> size_that_came() const;
  /// True for an Ogg whose last page or packet lacks its end, and for a transport stream whose last packet
  /// does.
  [[nodiscard]] bool ends_amid_packet() const;
  /// How many samples an MP3 has by its own count; nothing where there is none.
  [[nodiscard]] std::optional<std::uint64_t> promised_samples() const noexcept {
    return border_.promised_samples();
  }
  /// How many bytes behind its sound are neither that nor anything else that is known.
  [[nodiscard]] std::uint64_t unknown_bytes() const;
  /// An Icecast station's name, and what it plays now: once each time that it changes.
  [[nodiscard]] std::string station() const;
  [[nodiscard]] std::optional<std::string> take_title();

 private:
  static int on_read(void* self, std::uint8_t* buffer, int size) noexcept;
  static std::int64_t on_seek(void* self, std::int64_t offset, int whence) noexcept;
  static int on_open(AVFormatContext* format, AVIOContext** reader, const char* url, int flags,
                     AVDictionary** options) noexcept;
  static int on_close(AVFormatContext* format, AVIOContext* reader) noexcept;
  static int on_interrupt(void* self) noexcept;
  [[nodiscard]] bool is_given_up() noexcept;
  void give_up(const std::string& why);
  [[nodiscard]] bool wait_for_bytes() noexcept;
  [[nodiscard]] bool call_home() noexcept;
  [[nodiscard]] int read_on(std::uint8_t* buffer, int size) noexcept;
  void keep_head(ByteView bytes) noexcept;
  [[nodiscard]] int read_piece(std::uint8_t* buffer, int size);
  [[nodiscard]] int read_bytes(std::uint8_t* buffer, int size) noexcept;
  [[nodiscard]] int read_some(std::uint8_t* buffer, int size) noexcept;
  [[nodiscard]] int give(std::uint8_t* bytes, std::size_t count) noexcept;
  void begin_piece();
  void look_for_border();
  [[nodiscard]] std::int64_t size() const noexcept;
  [[nodiscard]] std::int64_t device_size() const noexcept;
  [[nodiscard]] std::int64_t go_to(std::int64_t position) noexcept;
  void cut_tags();
  void cut_flac(const std::string& head);
  void present(const std::string& instead, std::uint64_t taken);
  void keep_ahead(std::string bytes);
  void see_border();
  [[noreturn]] void refuse_long_tags() const;
  [[nodiscard]] std::string next_bytes(std::size_t most);
  [[nodiscard]] std::string first_bytes();
  [[nodiscard]] Id3Watch watch_for_tags();
  [[nodiscard]] bool may_read_tag(std::int64_t position, const Id3Header& header) const;
  void count_lead(AVIOContext* reader, bool closes) noexcept;

  void open_remote(const Media& media);
  void open_file();
  void open_standard_input();
  void attach_reader();
  [[nodiscard]] bool has_seen_enough() const noexcept;
  /// HLS is a list of further things to open; what else is one is refused.
  [[nodiscard]] bool may_lead_on() const noexcept { return remote_ != nullptr || local_hls_; }
  [[nodiscard]] bool may_open_file(const char* url) const;
  int open_address(AVIOContext** reader, const char* url, int flags, AVDictionary** options);
  void note_loss(int averror, bool of_a_list);
  void tell_loss();
  [[nodiscard]] bool is_missing_here(const char* url) const;
  [[nodiscard]] int open_patiently(AVIOContext** reader, const char* url, int flags, const Dictionary& rules);

  const std::string location_;
  const World world_;
  Allowance allowance_;
  std::unique_ptr<RemoteStream> remote_;  // nullptr: a file or a pipe
  const bool local_hls_;                  // its segments may be files, as long as all that led to them are
  bool is_hls_ = false;
  bool went_remote_ = false;
  int fd_ = -1;
  bool owned_ = false;
  bool regular_ = false;  // a file on a disk: reads never wait for somebody
  bool fifo_ = false;
  bool seekable_ = false;
  bool opening_ = true;
  bool heard_ = false;
  std::uint64_t given_ = 0;  // bytes
  // Several files may follow each other in one. FFmpeg sees one piece at a time.
  std::uint64_t piece_begin_ = 0;  // in the medium
  std::uint64_t at_ = 0;           // the next byte of the piece that is given
  bool came_whole_ = false;        // a pipe has been read to its end
  PieceBorder border_;
  int told_ = 0;
  std::string held_;     // read, and not given
  std::size_t own_ = 0;  // so many of those are the piece's for sure
  std::array<char, 512> head_{};
  std::size_t head_size_ = 0;
  RiffHead riff_;
  // FFmpeg sees a file whose tags are cut: `front_`, and from there on what is `cut_` bytes further on.
  std::string front_;
  std::int64_t cut_ = 0;
  std::int64_t position_ = 0;  // as FFmpeg sees it
  Id3Watch further_tags_ = watch_for_tags();
  bool wanted_more_ = false;
  TimePoint silent_since_ = Clock::now();  // where it leads on
  std::uint64_t sounds_ = 0;               // how often there was sound
  bool given_up_ = false;
  std::string fault_;        // why
  std::string loss_;         // why a segment cannot be had, the first one
  bool tells_loss_ = false;  // it has been told
  /// A list or a segment that FFmpeg reads, and how much of it has been counted.
  struct Lead {
    AVIOContext* reader;
    std::int64_t counted;
  };
  std::vector<Lead> leads_;
  std::optional<Duration> patience_;
  std::function<void()> on_silence_;
  ReaderPtr reader_;
};

}  // namespace vcplay::media
