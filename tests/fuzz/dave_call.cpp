#include "dave_call.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "dave/protocol_frame.hpp"
#include "mls/refusal.hpp"
#include "randomness.hpp"

namespace vcplay::fuzz {
namespace {

using dave::Opcode;

constexpr std::uint64_t kAnnsRandomness = 1'000'000;  // far from any turn of the bot's

mls::PrivateKey key_of(std::uint8_t number) {
  return *mls::PrivateKey::from_scalar(Bytes(crypto::kP256ScalarBytes, number));
}

mls::OwnKeyPackage package_of(Snowflake user, const mls::PrivateKey& key) {
  return mls::make_key_package({{identity(user)}, {}, {}, {}}, key);
}

}  // namespace

Bytes identity(Snowflake user) {
  Bytes bytes(sizeof user.value);
  store_be64(bytes, user.value);
  return bytes;
}

Step text(Opcode opcode, const nlohmann::json& data) {
  Step step{static_cast<std::uint8_t>(Event::text), {static_cast<std::uint8_t>(opcode)}};
  const std::string json = json::dump(data);
  step.body.insert(step.body.end(), json.begin(), json.end());
  return step;
}

Step proposals(const std::vector<mls::Proposal>& list) {
  mls::Writer out;
  for (const mls::Proposal& proposal : list) proposal.write(out);
  return {static_cast<std::uint8_t>(Event::signed_proposals), out.take()};
}

Call::Call(std::uint8_t head)
    : plaintext_((head & 0x80) != 0),
      gateway_key_(key_of(1)),
      ann_package_([] {
        seed_randomness(0);
        return package_of(kAnn, key_of(2));
      }()),
      bot_({kBot, kChannel, key_of(3), plaintext_ ? dave::Plaintext::allowed : dave::Plaintext::refused}) {
  const auto opening = static_cast<Opening>((head & 0x7f) % static_cast<int>(Opening::count));
  if (opening >= Opening::begun) tell(Event::begin, {1});
  if (opening >= Opening::pending) {
    happen(text(Opcode::clients_connect, {{"user_ids", {kAnn.str(), kBob.str()}}}));
    tell(Event::external_sender,
         mls::encoded(mls::ExternalSender{mls::public_key_of(gateway_key_), {{'g', 'a', 't', 'e'}}}));
  }
  if (opening >= Opening::established) {
    happen({static_cast<std::uint8_t>(Event::ann_welcomes), {0, 1}});
    happen(text(Opcode::execute_transition, {{"transition_id", 1}}));
    must_hold(bot_.group() != nullptr, "the bot joins a group that it is properly welcomed to");
  }
  told_ = {head, {}};
}

void Call::happen(const Step& step) {
  const auto event = static_cast<Event>(step.kind % static_cast<int>(Event::count));
  seed_randomness(kAnnsRandomness + turn_);
  try {
    switch (event) {
      case Event::signed_proposals:
        return sign_proposals(step.body);
      case Event::ann_commits:
        return ann_commits(Input(step.body));
      case Event::ann_welcomes:
        return ann_welcomes(Input(step.body));
      case Event::bot_wins:
        return bot_wins(Input(step.body));
      default:
        return tell(event, step.body);
    }
  } catch (const mls::Refusal&) {
    // What the others could not make is not told. What the bot refuses never gets here.
  }
}

// ── what the bot is told ──

void Call::tell(Event event, Bytes body) {
  seed_randomness(++turn_);
  const auto before = bot_.group() == nullptr ? std::nullopt : std::optional(bot_.group()->epoch());
  said_new_epoch_ = false;
  dave::Actions actions;
  try {
    actions = hears(event, body);
  } catch (const std::exception&) {
    must_hold(false, "a session throws nothing, whatever it is told");
  }
  must_hold(!over_ || actions.empty(), "a session that is over does nothing");
  for (dave::Action& action : actions) look_at(action);
  look_at_group(before);
  told_.steps.push_back({static_cast<std::uint8_t>(event), std::move(body)});
}

dave::Actions Call::hears(Event event, ByteView body) {
  const auto binary = [&](Opcode opcode) {
    return bot_.on_binary(static_cast<std::uint8_t>(opcode), body, now_);
  };
  switch (event) {
    case Event::begin:
      return bot_.begin(Input(body).u8(), now_);
    case Event::text:
      return hears_text(body);
    case Event::external_sender:
      return binary(Opcode::external_sender);
    case Event::proposals:
      return binary(Opcode::proposals);
    case Event::commit:
      return binary(Opcode::announce_commit_transition);
    case Event::welcome:
      return binary(Opcode::welcome);
    default:
      break;
  }
  now_ += std::chrono::seconds(Input(body).u8());
  dave::Actions actions = bot_.on_time(now_);
  must_hold(!bot_.deadline() || *bot_.deadline() > now_ || over_, "a deadline that was served is gone");
  return actions;
}

dave::Actions Call::hears_text(ByteView body) {
  Input input(body);
  const std::uint8_t opcode = input.u8();
  return bot_.on_text(opcode, json::parse(as_text(input.rest())), now_);
}

void Call::announce(Event event, std::uint16_t transition, ByteView message) {
  Bytes body(2);
  store_be16(body, transition);
  body.insert(body.end(), message.begin(), message.end());
  tell(event, std::move(body));
}

// ── what the voice gateway and Ann make ──

void Call::sign_proposals(ByteView body) {
  const std::uint64_t epoch = bot_.group() != nullptr ? bot_.group()->epoch() : 0;
  mls::Reader in(body);
  std::vector<mls::MlsMessage> messages;
  while (!in.done()) {
    messages.push_back(
        mls::external_proposal(identity(kChannel), epoch, 0, gateway_key_, mls::Proposal::read(in)));
  }
  mls::Writer out;
  out.u8(0);
  out.vector(messages);
  tell(Event::proposals, out.take());
  if (!ann_) return;
  for (const mls::MlsMessage& message : messages) {
    ann_pending_.add(ann_->verify_proposal(*message.get<mls::PublicMessage>()));
  }
}

void Call::found_ann() {
  const mls::ExternalSender sender{mls::public_key_of(gateway_key_), {{'g', 'a', 't', 'e'}}};
  ann_ = mls::Group::create(identity(kChannel), ann_package_, {{mls::external_senders_extension({sender})}});
  ann_pending_.clear();
}

void Call::ann_commits(Input body) {
  if (!ann_) return;
  const std::uint16_t transition = body.u16();
  const std::uint8_t options = body.u8();
  mls::CommitOptions how;
  how.force_path = (options & 1) != 0;
  if ((options & 2) != 0) how.by_value.push_back({mls::Remove{{std::uint32_t{body.u8()}}}});
  mls::NewCommit made = ann_->commit(ann_pending_, how);
  const bool is_changed = !body.done();
  announce(Event::commit, transition, changed(made.commit, body));
  if (is_changed) return;
  ann_ = std::move(made.next);
  ann_pending_.clear();
}

void Call::ann_welcomes(Input body) {
  if (key_package_.empty()) return;
  if (!ann_ || bot_.group() == nullptr) found_ann();
  const std::uint16_t transition = body.u16();
  mls::CommitOptions adds;
  adds.by_value = {{mls::Add{mls::decoded<mls::KeyPackage>(key_package_)}}};
  mls::NewCommit made = ann_->commit({}, adds);
  const bool is_changed = !body.done();
  announce(Event::welcome, transition, changed(*made.welcome, body));
  if (!is_changed) ann_ = std::move(made.next);
}

void Call::bot_wins(Input body) {
  if (commit_.empty()) return;
  const Bytes commit = commit_;
  announce(Event::commit, body.u16(), commit);
  if (!ann_) return;
  const auto message = mls::decoded<mls::MlsMessage>(commit);
  auto next = ann_->process(*message.get<mls::PublicMessage>(), ann_pending_);
  ann_pending_.clear();
  if (auto* const after = std::get_if<mls::Group>(&next)) {
    ann_ = std::move(*after);
  } else {
    ann_.reset();
  }
}

// ── what must hold of the bot ──

void Call::look_at(dave::Action& action) {
  if (const auto* const send = std::get_if<dave::SendText>(&action)) {
    const nlohmann::json message = json::parse(send->text);
    const auto opcode = json::integer(message, "op");
    must_hold(opcode == 23 || opcode == 31,
              "a session says in text that it is ready, or that it cannot follow");
    must_hold(json::integer_in(json::field(message, "d"), "transition_id", 0, UINT16_MAX).has_value(),
              "what it says is about a transition");
  } else if (const auto* const binary = std::get_if<dave::SendBinary>(&action)) {
    look_at_binary(binary->bytes);
  } else if (auto* const use = std::get_if<dave::UseEncryptor>(&action)) {
    look_at_encryptor(*use->encryptor);
  } else if (auto* const hold = std::get_if<dave::HoldAudio>(&action)) {
    std::array<std::uint8_t, 64> buffer{0xFC, 1, 2, 3};
    must_hold(hold->gate->apply(buffer, 4) == 0, "no audio passes while it is to be held");
  } else if (const auto* const epoch = std::get_if<dave::NewEpoch>(&action)) {
    said_new_epoch_ = true;
    must_hold(bot_.group() != nullptr && epoch->epoch == bot_.group()->epoch(),
              "the epoch that is announced is the group's");
    must_hold(epoch->privacy_code.size() == 30, "a privacy code has 30 digits");
    must_hold(epoch->members.size() == bot_.group()->roster().size(), "an epoch names all its members");
  } else if (std::holds_alternative<dave::SendPlain>(action)) {
    must_hold(plaintext_, "audio goes out in the clear where that is allowed");
  } else if (std::holds_alternative<dave::Failed>(action)) {
    over_ = true;
  }
}

void Call::look_at_binary(ByteView message) {
  must_hold(!message.empty(), "a binary message has an opcode");
  const Bytes body(message.begin() + 1, message.end());
  if (message[0] == static_cast<std::uint8_t>(Opcode::key_package)) {
    mls::validate_key_package(mls::decoded<mls::KeyPackage>(body));
    key_package_ = body;
    return;
  }
  must_hold(message[0] == static_cast<std::uint8_t>(Opcode::commit_welcome),
            "a session sends key packages and Commits");
  mls::Reader in(body);
  const auto commit = mls::MlsMessage::read(in);
  must_hold(commit.get<mls::PublicMessage>() != nullptr &&
                commit.get<mls::PublicMessage>()->content.get<mls::Commit>() != nullptr,
            "a Commit comes first");
  const std::size_t welcome = in.rest().size();
  if (welcome > 0) static_cast<void>(mls::decoded<mls::Welcome>(in.rest()));
  commit_.assign(body.begin(), body.end() - static_cast<std::ptrdiff_t>(welcome));
}

void Call::look_at_encryptor(FrameTransform& encryptor) {
  std::array<std::uint8_t, 64> buffer{0xFC, 1, 2, 3};
  const std::size_t size = encryptor.apply(buffer, 4);
  const auto frame = dave::parse_protocol_frame(ByteView(buffer).first(size));
  must_hold(frame.has_value() && frame->nonce == 1, "an encryptor begins with nonce 1");
  const Bytes first(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(size));
  must_hold(first_frames_.insert(first).second, "no key is ever begun with twice");
}

void Call::look_at_group(std::optional<std::uint64_t> epoch_before) {
  const mls::Group* const group = bot_.group();
  if (group == nullptr) return must_hold(!said_new_epoch_, "a new epoch is that of a group");
  const bool moved = epoch_before != group->epoch();
  must_hold(group->epoch() > 0, "an established group has somebody else in it, or had");
  must_hold(moved == said_new_epoch_, "each new epoch is said, and nothing else");
  must_hold(!moved || !epoch_before || *epoch_before + 1 == group->epoch(), "epochs come one by one");
  must_hold(group->context().group_id == identity(kChannel), "the group is the channel's");
  std::set<Bytes> users;
  for (const mls::Member& member : group->roster()) {
    must_hold(users.insert(member.identity).second, "nobody is in the group twice");
  }
  must_hold(users.count(identity(kBot)) == 1, "the bot is in its group");
  if (!ann_ || ann_->epoch() != group->epoch() ||
      ann_->context().confirmed_transcript_hash != group->context().confirmed_transcript_hash) {
    return;
  }
  must_hold(as_text(ann_->epoch_authenticator()) == as_text(group->epoch_authenticator()),
            "after the same Commits all members are in the same epoch");
}

}  // namespace vcplay::fuzz
