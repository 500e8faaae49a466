#include "media/filter_names.hpp"

extern "C" {
#include <libavutil/avstring.h>
#include <libavutil/mem.h>
}

#include <cstring>
#include <memory>
#include <string_view>

namespace vcplay::media {
namespace {

constexpr const char* kBlanks = " \n\t\r";

struct Refused {
  std::string_view name;
  std::string_view reason;
};

constexpr std::string_view kReaches = "it can open files or the network";
constexpr std::string_view kRunsCode = "it runs code from other files";
constexpr std::string_view kCommands = "it takes commands from elsewhere";
constexpr std::string_view kWaits = "it waits by the clock, and vcplay keeps the time itself";
constexpr std::string_view kKeeps = "it keeps a whole track in memory";

constexpr Refused kRefused[] = {
    {"amovie", kReaches},
    {"movie", kReaches},
    {"ametadata", kReaches},
    {"metadata", kReaches},
    {"arnndn", kReaches},
    {"asr", kReaches},
    {"sofalizer", kReaches},
    {"flite", kReaches},
    {"firequalizer", kReaches},  // its dumpfile
    {"a3dscope", "it makes pictures"},
    {"ladspa", kRunsCode},
    {"lv2", kRunsCode},
    {"frei0r", kRunsCode},
    {"frei0r_src", kRunsCode},
    {"asendcmd", kCommands},
    {"sendcmd", kCommands},
    {"azmq", kCommands},
    {"zmq", kCommands},
    {"acue", kWaits},
    {"cue", kWaits},
    {"arealtime", kWaits},
    {"realtime", kWaits},
    {"areverse", kKeeps},
    {"asetnsamples", kKeeps},
    {"reverse", kKeeps},
    {"aloop", "it repeats in memory; --loop does it better"},
};

/// Reads a graph as libavfilter does: labels, a name, options, labels, and a comma or semicolon.
class Reader {
 public:
  explicit Reader(const char* graph) : rest_(graph) {}

  [[nodiscard]] std::string token(const char* end) {
    const std::unique_ptr<char, decltype(&av_free)> text(av_get_token(&rest_, end), &av_free);
    return text == nullptr ? std::string() : text.get();
  }
  void skip_blanks() { rest_ += std::strspn(rest_, kBlanks); }
  void skip_labels() {
    while (*rest_ == '[') {
      ++rest_;
      static_cast<void>(token("]"));
      if (*rest_ == ']') ++rest_;
      skip_blanks();
    }
  }
  [[nodiscard]] char peek() const { return *rest_; }
  void step() { ++rest_; }

 private:
  const char* rest_;
};

std::string reason_against(const std::string& name, const std::string& options) {
  const std::string_view base = std::string_view(name).substr(0, name.find('@'));
  for (const Refused& refused : kRefused) {
    if (base == refused.name) {
      return "--af: the filter " + std::string(base) + " is not allowed: " + std::string(refused.reason);
    }
  }
  // Later versions of libavfilter read an option "/name=file" from that file.
  if ((!options.empty() && options[0] == '/') || options.find(":/") != std::string::npos) {
    return "--af: options of filters cannot be read from files";
  }
  return {};
}

}  // namespace

std::string reason_against_filters(const std::string& graph) {
  Reader reader(graph.c_str());
  reader.skip_blanks();
  // The one thing that may stand before the first filter, and of no use to audio.
  if (graph.find("sws_flags") != std::string::npos) return "--af: sws_flags is for pictures";
  while (reader.peek() != '\0') {
    reader.skip_blanks();
    reader.skip_labels();
    const std::string name = reader.token("=,;[");
    std::string options;
    if (reader.peek() == '=') {
      reader.step();
      options = reader.token("[],;");
    }
    if (std::string reason = reason_against(name, options); !reason.empty()) return reason;
    reader.skip_blanks();
    reader.skip_labels();
    if (reader.peek() != ',' && reader.peek() != ';') break;  // the end, or what libavfilter complains about
    reader.step();
  }
  return {};
}

}  // namespace vcplay::media
