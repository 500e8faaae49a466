// A look at what comes, before it is sent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "media/event.hpp"
#include "media/source.hpp"

namespace vcplay::media {

/// The packets of a Source that were read and not taken yet, the end of the last ones cut off where the
/// container promises less. Lives on the media thread.
class PacketsAhead {
 public:
  /// Source::Packet with bytes of its own.
  struct Packet {
    std::vector<std::uint8_t> bytes;
    std::size_t samples = 0;
    std::size_t skip = 0;
    std::size_t discard = 0;
    bool begins_link = false;
    std::optional<std::string> title;  // that the stream says from here on
    std::optional<OpusStream> stream;  // of a link that begins: what Opus it is
  };

  explicit PacketsAhead(const Event& stop) : stop_(stop) {}

  /// Forgets all of the track before. `source` outlives what is asked of it.
  void read_from(Source& source);
  /// Reads until it holds `samples` or as many bytes as it may, and no further than to the end or a stop.
  void fill(std::size_t samples);
  /// Reads as much as it takes to judge what comes: of a file, all that it may hold of a second.
  void look();

  [[nodiscard]] bool empty() const noexcept { return packets_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return packets_.size(); }
  [[nodiscard]] const Packet& front() const { return packets_.front(); }
  [[nodiscard]] auto begin() const noexcept { return packets_.begin(); }
  [[nodiscard]] auto end() const noexcept { return packets_.end(); }
  /// Removes the first one, which there is.
  Packet take();

 private:
  void hold(const Source::Packet& packet);
  void cut_end(std::size_t padding);

  const Event& stop_;
  Source* source_ = nullptr;
  std::deque<Packet> packets_;
  std::size_t samples_ = 0;
  std::size_t bytes_ = 0;
  bool ended_ = false;
};

}  // namespace vcplay::media
