#include "words/network_words.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <exception>
#include <iterator>
#include <map>
#include <optional>
#include <random>
#include <sstream>
#include <stdexcept>

#include "base/bytes.hpp"

namespace vcplay::testing {
namespace {

// Locally administered link-layer addresses of the cable's two ends.
const std::string kDiscordMac = "02:00:00:00:00:01";
const std::string kPlayerMac = "02:00:00:00:00:02";

void check(bool well, const std::string& what) {
  if (!well) throw std::runtime_error(what + ": " + std::strerror(errno));
}

OwnedFd open_file(const std::string& path, int flags) {
  OwnedFd fd(::open(path.c_str(), flags | O_CLOEXEC));
  check(fd.get() >= 0, path);
  return fd;
}

std::vector<std::string> split(const std::string& words) {
  std::istringstream stream(words);
  return {std::istream_iterator<std::string>(stream), std::istream_iterator<std::string>()};
}

Finished run_tool(std::vector<std::string> words) {
  Command command;
  command.words = std::move(words);
  command.environment = {{"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"}};
  return run(command);
}

void run_words(const std::string& words) {
  const Finished finished = run_tool(split(words));
  if (finished.exit_status != 0) throw std::runtime_error(words + ": " + finished.err);
}

/// Runs `work` on a thread of its own, whose namespaces nobody shares, and passes on what it throws.
void on_own_thread(const std::function<void()>& work) {
  std::exception_ptr thrown;
  std::thread([&] {
    try {
      work();
    } catch (...) {
      thrown = std::current_exception();
    }
  }).join();
  if (thrown) std::rethrow_exception(thrown);
}

/// The end of a TUN device in the calling thread's network namespace.
OwnedFd make_tun(const char* name) {
  OwnedFd fd = open_file("/dev/net/tun", O_RDWR | O_NONBLOCK);
  ifreq request{};
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  std::strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  check(::ioctl(fd.get(), TUNSETIFF, &request) == 0, name);
  return fd;
}

}  // namespace

OwnedFd::~OwnedFd() {
  if (fd_ >= 0) ::close(fd_);
}

// ── the two sides ──

Networks::Networks() {
  on_own_thread([this] {
    check(::unshare(CLONE_NEWNET | CLONE_NEWNS) == 0, "no namespaces for the player");
    check(::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "no mounts of the player's own");
    run_words("ip link set lo up");
    network_ = open_file("/proc/thread-self/ns/net", O_RDONLY);
    mounts_ = open_file("/proc/thread-self/ns/mnt", O_RDONLY);
  });
  check(::unshare(CLONE_NEWNET) == 0, "no network namespace for Discord");
  run_words("ip link set lo up");
}

void Networks::there(const std::function<void()>& work) const {
  on_own_thread([&] {
    check(::setns(network_.get(), CLONE_NEWNET) == 0, "the player's network");
    check(::unshare(CLONE_FS) == 0, "a thread with a root of its own");
    check(::setns(mounts_.get(), CLONE_NEWNS) == 0, "the player's mounts");
    work();
  });
}

std::unique_ptr<Subprocess> Networks::start(const Command& command) const {
  std::unique_ptr<Subprocess> process;
  there([&] { process = std::make_unique<Subprocess>(command); });
  return process;
}

void Networks::ip_here(const std::string& words) const { run_words("ip " + words); }

void Networks::ip_there(const std::string& words) const {
  there([&] { run_words("ip " + words); });
}

void Networks::cover_there(const std::string& file, const std::string& path) const {
  there([&] { check(::mount(file.c_str(), path.c_str(), nullptr, MS_BIND, nullptr) == 0, path); });
}

// ── a cable ──

Cable::Cable(const Networks& networks) : networks_(networks) {
  const std::string there =
      "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(networks.player_network());
  networks.ip_here("link add discord0 address " + kDiscordMac + " type veth peer name player0 address " +
                   kPlayerMac);
  networks.ip_here("link set player0 netns " + there);
  networks.ip_here("addr add " + kDiscordAddress + "/24 dev discord0");
  networks.ip_here("link set discord0 up");
  networks.ip_there("addr add " + kPlayerAddress + "/24 dev player0");
  mend();
  for (const std::string& address : {kPlayerAddress, kOtherPlayerAddress}) {
    networks.ip_here("neigh replace " + address + " lladdr " + kPlayerMac + " dev discord0 nud permanent");
  }
}

void Cable::cut() { networks_.ip_there("link set player0 down"); }

void Cable::mend() {
  networks_.ip_there("link set player0 up");
  // An interface that was down has forgotten its neighbours. Were it to ask for them, one question that is
  // lost would keep the packets of a second (RFC 1122, 2.3.2) and let them go all at once.
  networks_.ip_there("neigh replace " + kDiscordAddress + " lladdr " + kDiscordMac +
                     " dev player0 nud permanent");
}

void Cable::change_address() {
  networks_.ip_there("addr del " + kPlayerAddress + "/24 dev player0");
  networks_.ip_there("addr add " + kOtherPlayerAddress + "/24 dev player0");
}

// ── a road ──

/// Takes packets out of either end, keeps them for a while or loses them, and puts them into the other.
class Road::Carrier {
 public:
  Carrier(OwnedFd here, OwnedFd there, RoadManners manners)
      : here_(std::move(here)), there_(std::move(there)), manners_(manners), random_(manners.seed) {
    check(quit_.get() >= 0, "eventfd");
  }

  void run() {
    while (true) {
      std::array<pollfd, 3> fds = {pollfd{.fd = here_.get(), .events = POLLIN, .revents = 0},
                                   pollfd{.fd = there_.get(), .events = POLLIN, .revents = 0},
                                   pollfd{.fd = quit_.get(), .events = POLLIN, .revents = 0}};
      ::poll(fds.data(), fds.size(), patience());
      if (fds[2].revents != 0) return;
      take(here_.get(), there_.get());
      take(there_.get(), here_.get());
      deliver();
    }
  }
  void quit() const { ::eventfd_write(quit_.get(), 1); }

 private:
  struct Packet {
    int to;
    Bytes bytes;
  };

  [[nodiscard]] int patience() const {
    if (under_way_.empty()) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(under_way_.begin()->first - Clock::now());
    return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
  }

  void take(int from, int to) {
    std::array<std::uint8_t, 2048> buffer{};
    while (true) {
      const ssize_t size = ::read(from, buffer.data(), buffer.size());
      if (size <= 0) return;
      std::uniform_real_distribution<double> chance(0, 1);
      if (chance(random_) < manners_.loss) continue;
      const auto jitter = std::chrono::duration_cast<Duration>(manners_.jitter * (2 * chance(random_) - 1));
      under_way_.emplace(Clock::now() + manners_.delay + jitter,
                         Packet{to, Bytes(buffer.begin(), buffer.begin() + size)});
    }
  }

  void deliver() {
    while (!under_way_.empty() && under_way_.begin()->first <= Clock::now()) {
      const Packet& packet = under_way_.begin()->second;
      // An end that is not up loses it.
      [[maybe_unused]] const ssize_t written = ::write(packet.to, packet.bytes.data(), packet.bytes.size());
      under_way_.erase(under_way_.begin());
    }
  }

  const OwnedFd here_;
  const OwnedFd there_;
  const OwnedFd quit_{::eventfd(0, EFD_CLOEXEC)};
  const RoadManners manners_;
  std::mt19937 random_;
  std::multimap<TimePoint, Packet> under_way_;
};

Road::Road(const Networks& networks, RoadManners manners) {
  OwnedFd here = make_tun("discord0");
  std::optional<OwnedFd> there;
  networks.there([&] { there.emplace(make_tun("player0")); });
  networks.ip_here("addr add " + kDiscordAddress + "/24 dev discord0");
  networks.ip_here("link set discord0 up");
  networks.ip_there("addr add " + kPlayerAddress + "/24 dev player0");
  networks.ip_there("link set player0 up");
  carrier_ = std::make_unique<Carrier>(std::move(here), std::move(*there), manners);
  thread_ = std::thread([this] { carrier_->run(); });
}

Road::~Road() {
  carrier_->quit();
  thread_.join();
}

// ── what else befalls a network ──

void reset_connections(Which which, const std::string& port) {
  const std::string is = which == Which::at_port ? "=" : "!=";
  const Finished finished =
      run_tool({"ss", "-K", "-H", "-t", "-n", "state", "established", "( sport " + is + " :" + port + " )"});
  if (finished.exit_status != 0 || finished.out.empty()) {
    throw std::runtime_error("ss could reset no connection: " + finished.err);
  }
}

SilentNameServer::SilentNameServer(const Networks& networks)
    : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  networks.ip_here("addr add " + kNameServerAddress + "/24 dev discord0");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(53);
  ::inet_pton(AF_INET, kNameServerAddress.c_str(), &address.sin_addr);
  check(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "a name server");
}

}  // namespace vcplay::testing
