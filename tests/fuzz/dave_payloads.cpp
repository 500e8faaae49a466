// Everything that the voice gateway can say to a dave::Session, in any order and state, from strangers' noise
// to what a member or the gateway itself could make.
#include <nlohmann/json.hpp>

#include "dave_call.hpp"
#include "randomness.hpp"

namespace vcplay::fuzz {
namespace {

using dave::Opcode;

Step event(Event what, Bytes body = {}) { return {static_cast<std::uint8_t>(what), std::move(body)}; }

Step add(Snowflake user, std::uint8_t key_number = 9) {
  const auto key = *mls::PrivateKey::from_scalar(Bytes(crypto::kP256ScalarBytes, key_number));
  const auto package = mls::make_key_package({{identity(user)}, {}, {}, {}}, key);
  return proposals({{mls::Add{package.key_package}}});
}

Step execute(int transition) { return text(Opcode::execute_transition, {{"transition_id", transition}}); }
Step prepare(int transition, int version) {
  return text(Opcode::prepare_transition, {{"transition_id", transition}, {"protocol_version", version}});
}
Step prepare_epoch(int epoch, int version = 1) {
  return text(Opcode::prepare_epoch, {{"protocol_version", version}, {"epoch", epoch}});
}
Step disconnect(Snowflake user) { return text(Opcode::client_disconnect, {{"user_id", user.str()}}); }

/// One story per thing that a call goes through.
std::vector<std::pair<std::string, Story>> stories() {
  const auto established = static_cast<std::uint8_t>(Opening::established);
  const auto pending = static_cast<std::uint8_t>(Opening::pending);
  const Bytes second = {0, 2};
  return {
      {"bob_comes_and_goes",
       {established,
        {add(kBob), event(Event::ann_commits, second), execute(2), proposals({{mls::Remove{{2}}}}),
         event(Event::ann_commits, {0, 3, 1}), execute(3), disconnect(kBob)}}},
      {"bob_comes_twice",
       {established,
        {add(kBob), event(Event::ann_commits, second), execute(2), add(kBob, 10),
         event(Event::ann_commits, {0, 3})}}},
      {"the_bot_wins", {established, {add(kBob), event(Event::bot_wins, second), execute(2)}}},
      {"the_bot_is_removed",
       {established,
        {proposals({{mls::Remove{{1}}}}), event(Event::ann_commits, second), execute(2),
         event(Event::time, {10}), event(Event::time, {10})}}},
      {"the_bot_founds_the_group", {pending, {add(kAnn), event(Event::bot_wins, {0, 0})}}},
      {"welcomed", {pending, {event(Event::ann_welcomes, {0, 7}), execute(7)}}},
      {"a_broken_welcome",
       {pending, {event(Event::ann_welcomes, {0, 7, 0, 9, 1}), event(Event::ann_welcomes, {0, 8})}}},
      {"a_broken_commit",
       {established,
        {add(kBob), event(Event::ann_commits, {0, 2, 0, 0, 60, 1}), event(Event::ann_welcomes, {0, 3}),
         execute(3)}}},
      {"inline_proposals", {established, {event(Event::ann_commits, {0, 2, 2, 1})}}},
      {"made_anew", {established, {prepare_epoch(1), event(Event::ann_welcomes, {0, 2}), execute(2)}}},
      {"down_and_up",
       {static_cast<std::uint8_t>(established | 0x80),
        {prepare(2, 0), execute(2), prepare(3, 1), prepare_epoch(1), event(Event::ann_welcomes, {0, 3}),
         execute(3)}}},
      {"down", {established, {prepare(2, 0), execute(2), event(Event::time, {10})}}},
      {"revoked", {established, {add(kBob), event(Event::proposals, {1, 1, 0})}}},
      {"from_nothing",
       {0,
        {text(Opcode::clients_connect, {{"user_ids", {kAnn.str()}}}), event(Event::begin, {1}),
         event(Event::time, {10}), event(Event::time, {10})}}},
  };
}

}  // namespace

std::vector<Seed> seeds() {
  seed_randomness(77);
  std::vector<Seed> all;
  for (const auto& [name, story] : stories()) {
    all.push_back({name, story.write()});
    Call call(story.head);
    for (const Step& step : story.steps) call.happen(step);
    Call again(story.head);
    for (const Step& step : call.told().steps) again.happen(step);
    const bool was_in = call.group() != nullptr;
    must_hold(was_in == (again.group() != nullptr) &&
                  (!was_in || as_text(call.group()->epoch_authenticator()) ==
                                  as_text(again.group()->epoch_authenticator())),
              "a story told again ends the same");
    all.push_back({name + "_told", call.told().write()});
  }
  return all;
}

}  // namespace vcplay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vcplay::fuzz;
  const Story story = Story::read({data, size});
  Call call(story.head);
  for (const Step& step : story.steps) call.happen(step);
  return 0;
}
