#include "fleet/fleet.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "fleet/later_limits.hpp"
#include "net/event_loop.hpp"

namespace vcplay::fleet {
namespace {

constexpr Duration kStagger = 500ms;  // for every sender to hear of it, and to say SPEAKING
constexpr Duration kPatience = 15s;   // with those who have not joined by then

std::vector<Snowflake> guilds_of(const std::vector<Target>& targets) {
  std::vector<Snowflake> guilds;
  guilds.reserve(targets.size());
  for (const Target& target : targets) guilds.push_back(target.guild);
  return guilds;
}

}  // namespace

struct Fleet::Impl {
  /// One target while the bot is there.
  struct Seat final : channel::ChannelListener {
    Seat(Impl& fleet, std::size_t number) : self(fleet), target(number) {}

    void on_phase(channel::Phase phase, TimePoint now) override {
      self.listener.on_phase(target, phase, now);
    }
    void on_channel(const channel::ChannelFacts& facts) override { self.listener.on_channel(target, facts); }
    void on_session(const channel::SessionFacts& facts) override {
      has_session = true;
      self.listener.on_session(target, facts);
      self.look_at_gate();
    }
    void on_encryption(const channel::EncryptionFacts& facts) override {
      is_waiting_for_key = facts.line == channel::LineState::waiting;
      self.listener.on_encryption(target, facts);
      self.look_at_gate();
    }
    void on_underrun(bool began) override { self.listener.on_underrun(target, began); }
    void on_reconnect(const channel::ReconnectFacts& facts) override {
      self.listener.on_reconnect(target, facts);
    }
    void on_notice(const channel::Notice& notice) override { self.listener.on_notice(target, notice); }
    void on_end(std::optional<Error> error) noexcept override { self.ended(*this, std::move(error)); }

    Impl& self;
    const std::size_t target;
    std::shared_ptr<send::SenderStats> stats;
    std::optional<channel::Channel> channel;
    bool has_session = false;
    bool is_waiting_for_key = true;
    bool has_ended = false;
  };

  Impl(bot::Bot& owner, FleetConfig fleet, stream::FrameLog& stream, send::SendThreads& senders,
       FleetListener& events)
      : bot(owner),
        loop(owner.loop()),
        config(std::move(fleet)),
        log(stream),
        threads(senders),
        listener(events),
        plan(guilds_of(config.targets),
             config.max_joined == 0 ? std::max<std::size_t>(config.targets.size(), 1) : config.max_joined) {}

  void start(std::optional<TimePoint> first_sound) {
    if (first_sound) {
      log.clock().open_at(*first_sound);
    } else if (config.starts_together) {
      log.clock().hold();
      gate_is_closed = true;
    }
    // A shard describes its guilds once, when it begins.
    for (std::size_t i = 0; i < config.targets.size(); ++i) {
      const Target& target = config.targets[i];
      if (++visits_left[target.guild] == 1) bot.expect(target.guild);
      later.add(i, target.guild, target.channel);
    }
    bot.on_guild([this](Snowflake id, const resources::Guild* guild) {
      if (later.describe(id, guild)) listener.on_later_limits(later.least(), later.are_known());
    });
    begin_those_due();
    listener.on_later_limits(later.least(), later.are_known());
  }

  void begin_those_due() {
    while (const auto target = plan.take_next()) begin(*target);
    if (plan.is_over()) close();
  }

  void begin(std::size_t target) {
    later.begun(target, config.targets[target].guild);
    Seat& seat = *(seats[target] = std::make_unique<Seat>(*this, target));
    seat.stats = config.stats.empty() ? std::make_shared<send::SenderStats>() : config.stats.at(target);
    channel::ChannelConfig channel = config.channel;
    channel.guild = config.targets[target].guild;
    channel.channel = config.targets[target].channel;
    listener.on_begin(target, seat.stats);
    try {
      seat.channel.emplace(bot, channel, log, seat.stats, threads, seat);
      seat.channel->start();
    } catch (Error& error) {
      if (!seat.has_ended) ended(seat, std::move(error));
    }
  }

  /// Inside of the channel, which has to outlive this turn.
  void ended(Seat& seat, std::optional<Error> error) noexcept {
    seat.has_ended = true;
    listener.on_end(seat.target, std::move(error));
    reap_timer.start_at(loop.now());
  }

  void reap() {
    for (auto seat = seats.begin(); seat != seats.end();) {
      if (!seat->second->has_ended) {
        ++seat;
        continue;
      }
      plan.ended(seat->first);
      const Snowflake guild = config.targets[seat->first].guild;
      if (--visits_left[guild] == 0) bot.forget(guild);
      seat = seats.erase(seat);
    }
    look_at_gate();
    begin_those_due();
  }

  void look_at_gate() {
    if (!gate_is_closed) return;
    const auto has_joined = [](const auto& seat) {
      return seat.second->has_session && !seat.second->is_waiting_for_key;
    };
    const auto is_settled = [&](const auto& seat) { return seat.second->has_ended || has_joined(seat); };
    if (std::all_of(seats.begin(), seats.end(), is_settled)) return open_gate();
    if (std::none_of(seats.begin(), seats.end(), has_joined)) return;
    if (!std::exchange(somebody_waits, true)) gate_timer.start_at(loop.now() + kPatience);
  }

  void open_gate() {
    gate_is_closed = false;
    gate_timer.cancel();
    log.clock().open_at(loop.now() + kStagger);
  }

  void close() {
    if (std::exchange(is_closing, true)) return;
    bot.close([this] { listener.on_fleet_end(std::move(failure)); });
  }

  bot::Bot& bot;
  net::EventLoop& loop;
  FleetConfig config;
  stream::FrameLog& log;
  send::SendThreads& threads;
  FleetListener& listener;
  Plan plan;
  LaterLimits later;
  std::map<std::size_t, std::unique_ptr<Seat>> seats;
  std::map<Snowflake, std::size_t> visits_left;  // to each guild
  bool gate_is_closed = false;
  bool somebody_waits = false;  // at the gate
  bool is_closing = false;
  std::optional<Error> failure;  // of all of them
  net::Timer reap_timer{loop, [this] { reap(); }};
  net::Timer gate_timer{loop, [this] { open_gate(); }};
};

Fleet::Fleet(bot::Bot& bot, FleetConfig config, stream::FrameLog& log, send::SendThreads& threads,
             FleetListener& listener)
    : impl_(new Impl(bot, std::move(config), log, threads, listener)) {}

Fleet::~Fleet() = default;

void Fleet::start(std::optional<TimePoint> first_sound) { impl_->start(first_sound); }

void Fleet::set_status(const std::string& text) {
  for (const auto& [target, seat] : impl_->seats) {
    if (!seat->has_ended) seat->channel->set_status(text);
  }
}

void Fleet::stop() {
  impl_->plan.stop();
  for (const auto& [target, seat] : impl_->seats) {
    if (!seat->has_ended) seat->channel->stop();
  }
  if (impl_->seats.empty()) impl_->close();
}

void Fleet::fail(const Error& reason) {
  if (!impl_->failure) impl_->failure = reason;
  impl_->plan.stop();
  for (const auto& [target, seat] : impl_->seats) {
    if (seat->has_ended) continue;
    if (seat->channel) {
      seat->channel->fail(reason);
    } else {
      impl_->ended(*seat, reason);  // it could not even be made
    }
  }
  if (impl_->seats.empty()) impl_->close();
}

}  // namespace vcplay::fleet
