// Opus packets, kept in an Ogg file that any player plays to the sample.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.hpp"

namespace vcplay::media {

/// What a player shows of an Opus file.
struct OpusTags {
  std::string title;
  std::string artist;
};

/// Writes packets of 20 ms as Ogg Opus (RFC 7845) under a temporary name beside its own, which it gets
/// when it is complete: whoever looks finds the whole file, the one that was there before, or none. One
/// thread at a time.
class OpusFile {
 public:
  /// Creates the temporary file. Throws Error{output} naming the file and the system's reason.
  explicit OpusFile(const std::string& path);
  /// Without finish() before it: nothing remains.
  ~OpusFile();
  OpusFile(const OpusFile&) = delete;
  OpusFile& operator=(const OpusFile&) = delete;

  /// Before the first packet. `pre_skip`: so many samples of the first packets are not to be heard.
  void begin(std::size_t pre_skip, const OpusTags& tags);
  /// Throws Error{output}.
  void add(ByteView opus);
  /// Nor are `padding` samples of the last packets. Gives the file its name. Throws Error{output}.
  void finish(std::size_t padding);

  [[nodiscard]] std::uint64_t bytes() const noexcept;  // written so far

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vcplay::media
