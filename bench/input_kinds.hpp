// One medium of each kind that people feed a player.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "children.hpp"
#include "words/http_server.hpp"

namespace vcplay::bench {

/// How one kind is played.
struct InputKind {
  std::string name;
  Arguments media;      // options and MEDIA
  std::string feeder;   // a shell command that writes our standard input; empty: nobody does
  std::string compare;  // a file for ffmpeg to transcode beside it; empty: none
};

/// The media, in a folder, and a web server for some of them.
class InputKinds {
 public:
  /// Files of `hours` where length could matter. Throws std::runtime_error.
  InputKinds(std::filesystem::path folder, int hours);

  [[nodiscard]] std::vector<InputKind> all() const;
  /// The long files, by what a player has to know of them.
  struct LongFile {
    std::string what;
    std::string path;
  };
  [[nodiscard]] const std::vector<LongFile>& long_files() const noexcept { return long_files_; }
  [[nodiscard]] std::string short_file() const { return file("short.mp3"); }

 private:
  [[nodiscard]] std::string file(const std::string& name) const { return (folder_ / name).string(); }
  void make_long_files(int hours);
  void make_short_files();
  void make_crowds();
  void answer(const testing::HttpExchange& client) const;

  const std::filesystem::path folder_;
  std::vector<LongFile> long_files_;
  testing::HttpServer server_;
};

}  // namespace vcplay::bench
