#include "loopback.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

namespace vcplay::bench {
namespace {

using namespace std::chrono_literals;

/// The number in kB behind `name` in /proc/PID/status, in MB.
double memory_of(pid_t pid, const std::string& name) {
  std::ifstream status(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(status, line);) {
    if (line.rfind(name + ":", 0) == 0) return std::stod(line.substr(name.size() + 1)) / 1024;
  }
  return 0;
}

}  // namespace

void verdict(const std::string& what, const std::string& figure, bool met, const std::string& target) {
  fmt::print("  {:<44} {:>24}   {} {}\n", what, figure, met ? "meets" : "MISSES", target);
}

Loopback::Loopback(const Programs& programs)
    : programs_(programs), server_({programs.vcplay, "rehearse", "--serve"}, {}, Child::Input::pipe) {
  const auto place = nlohmann::json::parse(server_.line());
  for (const auto& [option, name] : std::map<std::string, std::string>{{"--guild", "guild_id"},
                                                                       {"--channel", "channel_id"},
                                                                       {"--api-url", "api_url"},
                                                                       {"--gateway-url", "gateway_url"},
                                                                       {"--ca-file", "ca_file"}}) {
    place_.insert(place_.end(), {option, place.at(name).get<std::string>()});
  }
  token_ = place.at("accounts").at(0).at("token");
}

Loopback::~Loopback() {
  server_.close_input();
  server_.wait();
}

Arguments Loopback::play(Arguments before, const Arguments& media) const {
  before.insert(before.end(), {programs_.vcplay, "play", "--quiet", "--bitrate", "128000"});
  before.insert(before.end(), place_.begin(), place_.end());
  before.insert(before.end(), media.begin(), media.end());
  return before;
}

Environment Loopback::token() const { return {"DISCORD_TOKEN=" + token_}; }

Memory watch_memory(const Child& process, int seconds) {
  Memory most;
  for (int i = 0; i < seconds * 10; ++i) {
    std::this_thread::sleep_for(100ms);
    most.resident = std::max(most.resident, memory_of(process.pid(), "VmRSS"));
    most.peak = std::max(most.peak, memory_of(process.pid(), "VmHWM"));
    most.anonymous = std::max(most.anonymous, memory_of(process.pid(), "RssAnon"));
  }
  return most;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace vcplay::bench
