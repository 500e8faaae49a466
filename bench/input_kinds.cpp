#include "input_kinds.hpp"

#include <fmt/core.h>

#include <fstream>
#include <iterator>

namespace vcplay::bench {
namespace {

constexpr int kCrowd = 10'000;  // files

// Not silence and not one tone: an encoder must have something to do. Without noise, so that hours
// of FLAC stay small.
constexpr const char* kMusic =
    "aevalsrc=exprs='0.25*sin(2*PI*(220+20*sin(t))*t)+0.15*sin(2*PI*660*t)*exp(-4*mod(t\\,0.5))|"
    "0.25*sin(2*PI*(330+15*sin(1.3*t))*t)+0.15*sin(2*PI*880*t)*exp(-4*mod(t\\,0.5))':s=44100:d=";

void ffmpeg(Arguments words) {
  words.insert(words.begin(), {"ffmpeg", "-nostdin", "-loglevel", "error", "-y"});
  run(words);
}

/// One minute's packets over and over.
void repeat(const std::string& minute, int minutes, const std::string& to, const Arguments& options = {}) {
  Arguments words = {"-stream_loop", std::to_string(minutes - 1), "-i", minute, "-c", "copy"};
  words.insert(words.end(), options.begin(), options.end());
  words.push_back(to);
  ffmpeg(words);
}

std::string contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

InputKinds::InputKinds(std::filesystem::path folder, int hours)
    : folder_(std::move(folder)), server_([this](const testing::HttpExchange& client) { answer(client); }) {
  make_long_files(hours);
  make_short_files();
  make_crowds();
}

void InputKinds::make_long_files(int hours) {
  const std::string minute = file("minute.wav");
  ffmpeg({"-f", "lavfi", "-i", std::string(kMusic) + "60", "-c:a", "pcm_s16le", minute});
  struct Encoding {
    std::string what;
    std::string name;
    Arguments codec;
    Arguments muxing;
  };
  const std::vector<Encoding> encodings = {
      {"mp3 without an index", "plain.mp3", {"-b:a", "128k"}, {"-write_xing", "0", "-id3v2_version", "0"}},
      {"mp3 with an index", "indexed.mp3", {"-b:a", "128k"}, {"-write_xing", "1"}},
      {"flac", "long.flac", {"-ac", "1"}, {}},
      {"m4a", "long.m4a", {"-c:a", "aac", "-b:a", "128k"}, {}},
      {"opus in ogg", "long.opus", {"-c:a", "libopus", "-b:a", "96k"}, {}},
      {"opus in mkv", "long.mkv", {"-c:a", "libopus", "-b:a", "96k"}, {}},
  };
  for (const Encoding& one : encodings) {
    Arguments words = {"-i", minute};
    words.insert(words.end(), one.codec.begin(), one.codec.end());
    words.push_back(file("minute-" + one.name));
    ffmpeg(words);
    repeat(words.back(), hours * 60, file(one.name), one.muxing);
    long_files_.push_back({one.what, file(one.name)});
  }
}

void InputKinds::make_short_files() {
  ffmpeg({"-i", file("minute.wav"), "-t", "1", "-b:a", "128k", file("short.mp3")});
  repeat(file("minute.wav"), 10, file("ten-minutes.wav"));
  std::filesystem::create_directory(folder_ / "hls");
  repeat(file("minute-long.m4a"), 10, file("hls/list.m3u8"),
         {"-f", "hls", "-hls_time", "6", "-hls_list_size", "0"});
}

void InputKinds::make_crowds() {
  const std::filesystem::path crowd = folder_ / "crowd";
  std::filesystem::create_directory(crowd);
  std::ofstream list(folder_ / "crowd.m3u");
  for (int i = 0; i < kCrowd; ++i) {
    const std::string name = fmt::format("song number {}.mp3", i);
    std::filesystem::create_hard_link(file("short.mp3"), crowd / name);
    list << "crowd/" << name << '\n';
  }
}

void InputKinds::answer(const testing::HttpExchange& client) const {
  client.answer_range(contents(folder_.string() + client.path()));
}

std::vector<InputKind> InputKinds::all() const {
  const std::string wav = file("ten-minutes.wav");
  const std::string raw = " -i '" + wav + "' -f s16le -";
  const Arguments raw_input = {"-f", "s16le", "--rate", "44100", "--channels", "2"};
  const auto with = [](Arguments options, const std::string& media) {
    options.push_back(media);
    return options;
  };
  std::vector<InputKind> kinds;
  for (const LongFile& one : long_files_) kinds.push_back({one.what, {one.path}, {}, one.path});
  kinds.push_back({"opus, encoded anew", {"--passthrough", "off", file("long.opus")}, {}, file("long.opus")});
  kinds.push_back({"wav", {wav}, {}, wav});
  kinds.push_back({"raw PCM, a pipe", with(raw_input, "-"), "ffmpeg -nostdin -loglevel quiet" + raw, {}});
  kinds.push_back(
      {"raw PCM, a live pipe", with(raw_input, "-"), "ffmpeg -nostdin -loglevel quiet -re" + raw, {}});
  kinds.push_back({"mp3 from a web server", {server_.url("/minute-plain.mp3")}, {}, {}});
  kinds.push_back({"HLS from a web server", {server_.url("/hls/list.m3u8")}, {}, {}});
  kinds.push_back({fmt::format("a playlist of {}", kCrowd), {file("crowd.m3u")}, {}, {}});
  kinds.push_back({fmt::format("a directory of {}", kCrowd), {file("crowd")}, {}, {}});
  const std::string mp3 = file("minute-plain.mp3");
  kinds.push_back({"mp3 with --normalize R128", {"--normalize", "R128", mp3}, {}, {}});
  kinds.push_back({"mp3 with --crossfade 10", {"--crossfade", "10", mp3, mp3}, {}, {}});
  kinds.push_back({"mp3 with --af acompressor", {"--af", "acompressor", mp3}, {}, {}});
  return kinds;
}

}  // namespace vcplay::bench
