// What was measured once need not be measured again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace vcplay::media {

struct Media;

/// What a file turned out to be.
struct Measured {
  std::optional<double> lufs;  // nothing: silence
  double seconds = 0;
};

/// Identifies one state of one file, and how it is read: path, size, time of change, format. Nothing for what
/// is no regular file. `filters` that it passes on its way are a part of it.
[[nodiscard]] std::optional<std::uint64_t> identity_of(const Media& media, const std::string& filters = {});

/// Remembers measurements in one small file of the user's. Whatever is wrong with that file only costs the
/// time to measure again. One thread at a time; several processes share the file.
class LoudnessCache {
 public:
  /// `folder` and its parent are made where they are missing; an empty name: nothing outlives this object.
  explicit LoudnessCache(std::string folder);

  [[nodiscard]] std::optional<Measured> find(std::uint64_t identity);
  void add(std::uint64_t identity, const Measured& measured);

 private:
  void load();
  void take_line(std::string_view line);
  void append(const std::string& line) const;
  void shorten(std::string_view lines) const;

  const std::string folder_;
  const std::string path_;
  bool loaded_ = false;
  std::unordered_map<std::uint64_t, Measured> known_;
};

}  // namespace vcplay::media
