#include "soak/storm.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <random>
#include <span>

#include "rehearsal/fault_script.hpp"
#include "soak/rest_trouble.hpp"

namespace vcplay::soak {
namespace {

using rehearsal::FaultKind;

constexpr Duration kFirst = 2s;
constexpr Duration kShortestStep = 500ms;
constexpr Duration kLongestStep = 3s;
// By then audio flows again, once nothing stands in its way any more.
constexpr Duration kRecovery = 5s;
// Renewals in a row wait longer each time and come to an end; a minute's peace forgets them.
constexpr int kMostRenewals = 3;
constexpr Duration kFirstWait = 2s;
constexpr Duration kPeace = 62s;
// The longest wait of the main gateway's for a connection: the first two tries, those that come to nothing
// for a while, and a new session. Further losses wait ever longer unless a connection has lasted.
constexpr Duration kGatewayTries = 3s;
constexpr Duration kGatewayTriesAgain = 5s;
constexpr Duration kGatewayIdentifies = 7s;
constexpr Duration kGoodLife = 6s;
constexpr int kMostGatewayLosses = 2;
constexpr Duration kGatewayHeartbeat = 4s;
// Within the bounds of what is read; the largest are other tests', for they leave no memory to be counted.
constexpr std::uint64_t kSmallest = 1'000;
constexpr std::uint64_t kLargestOfVoice = 262'144;
constexpr std::uint64_t kLargestOfGateway = 2'000'000;
constexpr Duration kRekeying = 300ms;
constexpr Duration kRegrouping = 3s;

/// Draws a storm: in its rough stretches voice sessions come and go, in its mild ones audio flows.
class Weather {
 public:
  Weather(std::uint64_t seed, Duration length, const std::vector<rehearsal::Place>& places)
      : random_(seed), end_(length - kCalm) {
    for (const rehearsal::Place& place : places) skies_.push_back({place.channel});
  }

  Storm draw() {
    while (now_ < end_) {
      rough();
      mild();
    }
    const auto earlier = [](const auto& a, const auto& b) { return a.at < b.at; };
    std::stable_sort(script_.begin(), script_.end(), earlier);
    Storm storm{std::move(script_)};
    storm.rest = trouble_with_rest(random_);
    for (Sky& sky : skies_) storm.excuses.push_back(merged(std::move(sky.excuses)));
    return storm;
  }

 private:
  struct Choice {
    unsigned weight;
    void (Weather::*happens)();
  };
  /// What one place suffers.
  struct Sky {
    Snowflake channel;
    std::vector<Excuse> excuses = {};
    Duration gateway_back{};  // when op 4 can be sent again at the latest
    int renewals = 0;         // since the voice session was stable
  };

  // ── dice ──

  // The standard's engines say the same everywhere, its distributions do not.
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  Duration between(Duration least, Duration most) {
    const auto steps = static_cast<std::uint64_t>((most - least) / 1ms) + 1;
    return least + static_cast<std::int64_t>(below(steps)) * 1ms;
  }
  void let_one_happen(std::span<const Choice> choices) {
    here_ = skies_.size() == 1 ? 0 : below(skies_.size());
    std::uint64_t all = 0;
    for (const Choice& one : choices) all += one.weight;
    std::uint64_t drawn = below(all);
    for (const Choice& one : choices) {
      if (drawn < one.weight) return (this->*one.happens)();
      drawn -= one.weight;
    }
  }

  // ── stretches ──

  void rough() {
    const Duration until = std::min(end_, now_ + between(15s, 30s));
    for (Sky& sky : skies_) sky.renewals = 0;
    if (gateway_had_peace_) forget_gateway();
    gateway_had_peace_ = false;
    for (; now_ < until; go_on()) let_one_happen(kRough);
  }

  void mild() {
    const Duration until = std::min(end_, now_ + kRecovery + kPeace);
    const bool without_gateway = below(2) == 0;
    gateway_had_peace_ = without_gateway;
    for (; now_ < until; go_on())
      let_one_happen(without_gateway ? std::span<const Choice>(kMild) : kMildWithGateway);
  }

  void go_on() { now_ += between(kShortestStep, kLongestStep); }

  void add(FaultKind kind, std::uint64_t number = 0, Duration span = {}, bool flag = false) {
    add_at(now_, {kind, number, span, flag});
  }
  void add_later(Duration after, FaultKind kind) { add_at(now_ + after, {kind, 0, {}, false}); }
  /// What strikes all of them is in the script of the first.
  void add_at(Duration when, const rehearsal::Fault& fault) {
    const bool is_of_one = rehearsal::reach_of(fault.kind) == rehearsal::FaultReach::call && here_ != 0;
    script_.push_back({when, fault, is_of_one ? here().channel : Snowflake{}});
  }
  Sky& here() { return skies_[here_]; }
  void may_be_heard(Duration span) { here().excuses.push_back({now_, now_ + span}); }
  void gateway_is_away(Sky& sky, Duration span) {
    sky.gateway_back = std::max(sky.gateway_back, now_) + span;
  }
  void gateway_is_away(Duration span) {
    for (Sky& sky : skies_) gateway_is_away(sky, span);
  }
  /// The main gateway can be lost so often once more and will still be back soon.
  bool gateway_may_go(int times = 1) {
    const auto later = [](const Sky& a, const Sky& b) { return a.gateway_back < b.gateway_back; };
    const Duration back = std::max_element(skies_.begin(), skies_.end(), later)->gateway_back;
    if (now_ >= back + kGoodLife) gateway_losses_ = 0;
    if (gateway_losses_ + times > kMostGatewayLosses) return false;
    gateway_losses_ += times;
    return true;
  }
  /// A voice session is lost, and another one wanted by way of the main gateway.
  void session_is_lost(Sky& sky, Duration wait = {}) {
    sky.excuses.push_back({now_, std::max(now_, sky.gateway_back) + wait + kRecovery});
  }
  void session_is_lost(Duration wait = {}) { session_is_lost(here(), wait); }
  /// … which vcplay asks for itself.
  void session_is_renewed() {
    Duration wait{};
    for (int again = 0; again < here().renewals; ++again) wait = again == 0 ? kFirstWait : 2 * wait;
    ++here().renewals;
    session_is_lost(wait + wait / 4);
  }

  // ── the main gateway ──

  void drop_gateway() {
    if (!gateway_may_go()) return drop_voice();
    add(FaultKind::drop_gateway);
    gateway_is_away(kGatewayTries);
  }
  void close_gateway() {
    if (!gateway_may_go()) return drop_voice();
    constexpr std::uint16_t kCodes[] = {1000, 1001, 4000};
    add(FaultKind::close_gateway, kCodes[below(std::size(kCodes))]);
    gateway_is_away(kGatewayTries);
  }
  void reconnect_gateway() {
    if (!gateway_may_go()) return drop_voice();
    add(FaultKind::reconnect_gateway);
    gateway_is_away(kGatewayTries);
  }
  void interrupt_gateway() {
    if (!gateway_may_go()) return drop_voice();
    add(FaultKind::invalidate_gateway, 0, {}, true);
    gateway_is_away(kGatewayTries);
  }
  void refuse_gateway() {
    if (!gateway_may_go(2)) return close_voice();
    const Duration span = between(200ms, 2s);
    add(FaultKind::refuse_gateway, 0, span);
    add(FaultKind::drop_gateway);
    gateway_is_away(span + kGatewayTriesAgain);
  }
  void ignore_gateway_acks() {
    if (!gateway_may_go(2)) return close_voice();
    const Duration span = between(1s, 5s);
    add(FaultKind::ignore_gateway_acks, 0, span);
    gateway_is_away(span + kGatewayHeartbeat + kGatewayTriesAgain);
  }
  /// A new session of the main gateway's is in no channel.
  void forget_gateway() {
    if (below(2) == 0) {
      add(FaultKind::invalidate_gateway);
    } else {
      add(FaultKind::forget_gateway);
      add(FaultKind::drop_gateway);
    }
    gateway_is_away(kGatewayIdentifies);
    for (Sky& sky : skies_) session_is_lost(sky);
    go_on();
  }

  // ── the voice gateway ──

  void drop_voice() { add(FaultKind::drop_voice); }
  void close_voice() {
    constexpr std::uint16_t kCodes[] = {1001, 1011, 4015};
    add(FaultKind::close_voice, kCodes[below(std::size(kCodes))]);
  }
  void refuse_voice() {
    add(FaultKind::refuse_voice, 0, between(200ms, 2s));
    add(FaultKind::drop_voice);
  }
  void ignore_voice_acks() { add(FaultKind::ignore_voice_acks, 0, between(500ms, 3s)); }
  void delay_acks() { add(FaultKind::delay_acks, 0, between(0s, 400ms)); }
  /// Nonces must go on under keys that were there before.
  void rekey() {
    constexpr FaultKind kKinds[] = {FaultKind::rekey, FaultKind::rekey_same, FaultKind::rekey_first};
    add(kKinds[below(std::size(kKinds))]);
  }

  // ── what no honest server sends ──

  void flood() {
    constexpr FaultKind kKinds[] = {FaultKind::flood_voice, FaultKind::flood_gateway,
                                    FaultKind::flood_proposals};
    add(kKinds[below(std::size(kKinds))], 20 + below(400));
  }
  void crowd() { add(FaultKind::crowd, 1 + below(5'000)); }
  void send_large() {
    const bool is_voice = below(2) == 0;
    const std::uint64_t most = is_voice ? kLargestOfVoice : kLargestOfGateway;
    add(is_voice ? FaultKind::large_voice : FaultKind::large_gateway, kSmallest + below(most - kSmallest));
  }
  /// What is under way meanwhile may be taken for what comes under the next key.
  void flood_keys() {
    add(FaultKind::flood_keys, 20 + below(200));
    may_be_heard(kRekeying);
  }
  /// The group ends; a second later there is a new one.
  void flood_transitions() {
    add(FaultKind::flood_transitions, 1 + below(40));
    may_be_heard(kRegrouping);
  }

  // ── the voice session ──

  void invalidate_voice() {
    if (here().renewals == kMostRenewals) return drop_voice();
    add(FaultKind::close_voice, below(2) == 0 ? 4006 : 4009);
    session_is_renewed();
  }
  void forget_voice() {
    if (here().renewals == kMostRenewals) return close_voice();
    add(FaultKind::forget_voice);
    add(FaultKind::drop_voice);
    session_is_renewed();
  }

  // ── where the bot is ──

  void migrate() {
    const Duration span = between(0s, 1500ms);
    add(FaultKind::migrate, 0, span);
    session_is_lost(span);
  }
  void migrate_at_once() {
    add(FaultKind::migrate_at_once);
    session_is_lost();
  }
  void move() {
    add(FaultKind::move);
    session_is_lost();
  }
  void move_there_and_back() {
    move();
    now_ += between(0s, 400ms);
    move();
  }
  void mute() {
    const Duration span = between(300ms, 2s);
    add(FaultKind::mute);
    add_later(span, FaultKind::unmute);
    may_be_heard(span + 100ms);
  }
  void outage() {
    const Duration span = between(200ms, 2s);
    add(FaultKind::guild_outage, 0, span);
    gateway_is_away(here(), span);
  }
  void set_bitrate() { add(FaultKind::set_bitrate, 1000 * (32 + below(96))); }

  // ── the ways of the datagrams ──

  void lose_udp() {
    const Duration span = between(300ms, 3s);
    add(FaultKind::lose_udp, 1 + below(30), span);
    may_be_heard(span + 100ms);
  }
  void block_udp() {
    const Duration span = between(200ms, 1500ms);
    add(FaultKind::block_udp, 0, span);
    may_be_heard(span + 100ms);
  }
  void stall() {
    const Duration span = between(100ms, 1s);
    add(FaultKind::stall, 0, span);
    // Discord's clock stands still, and so whatever lasts for a while lasts longer.
    for (Sky& sky : skies_) {
      for (Excuse& one : sky.excuses) {
        if (one.begin <= now_ && now_ < one.end) one.end += span;
      }
      sky.excuses.push_back({now_, now_ + span + 500ms});
    }
  }

  // Nobody loses the voice session by these, and with it audio.
  static constexpr Choice kMild[] = {{4, &Weather::drop_voice},   {3, &Weather::close_voice},
                                     {2, &Weather::refuse_voice}, {2, &Weather::ignore_voice_acks},
                                     {2, &Weather::delay_acks},   {1, &Weather::mute},
                                     {1, &Weather::set_bitrate},  {2, &Weather::lose_udp},
                                     {1, &Weather::block_udp},    {1, &Weather::stall},
                                     {2, &Weather::rekey},        {2, &Weather::flood},
                                     {1, &Weather::flood_keys},   {1, &Weather::flood_transitions},
                                     {1, &Weather::crowd},        {2, &Weather::send_large}};
  static constexpr Choice kMildWithGateway[] = {{3, &Weather::drop_gateway},
                                                {2, &Weather::close_gateway},
                                                {2, &Weather::reconnect_gateway},
                                                {2, &Weather::interrupt_gateway},
                                                {1, &Weather::refuse_gateway},
                                                {1, &Weather::ignore_gateway_acks},
                                                {1, &Weather::outage},
                                                {3, &Weather::drop_voice},
                                                {2, &Weather::close_voice},
                                                {1, &Weather::refuse_voice},
                                                {1, &Weather::ignore_voice_acks},
                                                {1, &Weather::delay_acks},
                                                {1, &Weather::mute},
                                                {1, &Weather::set_bitrate},
                                                {1, &Weather::lose_udp},
                                                {1, &Weather::block_udp},
                                                {1, &Weather::rekey},
                                                {1, &Weather::flood},
                                                {1, &Weather::flood_keys},
                                                {1, &Weather::crowd},
                                                {1, &Weather::send_large},
                                                {1, &Weather::stall}};
  static constexpr Choice kRough[] = {{2, &Weather::drop_gateway},
                                      {1, &Weather::close_gateway},
                                      {1, &Weather::reconnect_gateway},
                                      {1, &Weather::interrupt_gateway},
                                      {1, &Weather::refuse_gateway},
                                      {2, &Weather::drop_voice},
                                      {1, &Weather::close_voice},
                                      {1, &Weather::delay_acks},
                                      {2, &Weather::invalidate_voice},
                                      {2, &Weather::forget_voice},
                                      {4, &Weather::migrate},
                                      {4, &Weather::migrate_at_once},
                                      {4, &Weather::move},
                                      {3, &Weather::move_there_and_back},
                                      {1, &Weather::mute},
                                      {1, &Weather::lose_udp},
                                      {1, &Weather::block_udp},
                                      {2, &Weather::rekey},
                                      {2, &Weather::flood},
                                      {1, &Weather::flood_keys},
                                      {1, &Weather::flood_transitions},
                                      {1, &Weather::crowd},
                                      {1, &Weather::send_large},
                                      {1, &Weather::stall}};

  std::mt19937_64 random_;
  Duration end_;
  Duration now_ = kFirst;
  int gateway_losses_ = 0;  // since a connection lasted
  bool gateway_had_peace_ = false;
  rehearsal::FaultScript script_;
  std::vector<Sky> skies_;  // of the places, in their order
  std::size_t here_ = 0;    // where it happens
};

}  // namespace

Storm make_storm(std::uint64_t seed, Duration length, const std::vector<rehearsal::Place>& places) {
  return Weather(seed, length, places).draw();
}

std::string to_text(const Storm& storm) {
  std::string text;
  for (const rehearsal::ScriptedFault& fault : storm.script) text += rehearsal::to_text(fault) + "\n";
  return text;
}

}  // namespace vcplay::soak
