#include "dave/session.hpp"

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "dave/displayable_code.hpp"
#include "mls/refusal.hpp"

namespace vcplay::dave {

Session::Session(Config config)
    : logger_(std::move(config.logger)),
      self_(config.user),
      plaintext_(config.plaintext),
      was_encrypted_(config.was_encrypted),
      users_{config.user},
      membership_(config.user, config.channel, std::move(config.signature_key), logger_) {}

Actions Session::begin(int version, TimePoint now) {
  if (over_ || active_version_) return {};
  if (!speaks(version)) {
    fail("The voice server chose version " + std::to_string(version) +
         " of end-to-end encryption, which was not offered.");
    return settle(now);
  }
  active_version_ = version;
  began_without_ = version == 0;
  was_encrypted_ = was_encrypted_ || version > 0;
  group_version_ = version;
  if (version > 0) renew();
  return settle(now);
}

Actions Session::on_text(std::int64_t opcode, const nlohmann::json& data, TimePoint now) {
  if (over_ || opcode < 0 || opcode > UINT8_MAX) return {};
  switch (const auto known = static_cast<Opcode>(opcode)) {
    case Opcode::clients_connect:
    case Opcode::client_disconnect:
      on_users(known, data);
      break;
    case Opcode::prepare_transition:
      on_prepare_transition(data);
      break;
    case Opcode::execute_transition:
      on_execute_transition(data);
      break;
    case Opcode::prepare_epoch:
      on_prepare_epoch(data);
      break;
    default:
      return {};
  }
  return settle(now);
}

Actions Session::on_binary(std::uint8_t opcode, ByteView body, TimePoint now) {
  if (over_) return {};
  try {
    switch (const auto known = static_cast<Opcode>(opcode)) {
      case Opcode::external_sender:
        membership_.on_external_sender(body);
        break;
      case Opcode::proposals:
        on_proposals(body);
        break;
      case Opcode::announce_commit_transition:
      case Opcode::welcome:
        on_announcement(known, body);
        break;
      default:
        return {};
    }
  } catch (const Error& refusal) {
    // Nothing has changed: what was in force stays in force.
    logger_.warning("End-to-end encryption: refused a message of the voice server: {}.", refusal.what());
  }
  return settle(now);
}

// ── text ──

void Session::on_users(Opcode opcode, const nlohmann::json& data) {
  if (opcode == Opcode::clients_connect) {
    for (const nlohmann::json& entry : json::list(data, "user_ids")) {
      const auto user = json::as_id(entry);
      if (user && users_.size() < kMaxUsers) users_.insert(*user);
    }
    return;
  }
  const auto user = json::id(data, "user_id");
  if (user && *user != self_) users_.erase(*user);
}

void Session::on_prepare_transition(const nlohmann::json& data) {
  const auto prepare = read_prepare_transition(data);
  if (!prepare) return logger_.debug("dave: ignored a malformed transition");
  if (!active_version_) return logger_.debug("dave: ignored a transition before the session");
  if (!speaks(prepare->version)) {
    return logger_.warning("End-to-end encryption: ignored a change to version {}, which we do not speak.",
                           prepare->version);
  }
  last_transition_ = prepare->transition;
  ready(prepare->transition, prepare->version);
}

void Session::on_execute_transition(const nlohmann::json& data) {
  const auto transition = read_execute_transition(data);
  if (!transition) return logger_.debug("dave: ignored a malformed transition");
  execute(*transition);
}

void Session::on_prepare_epoch(const nlohmann::json& data) {
  const auto prepare = read_prepare_epoch(data);
  if (!prepare) return logger_.debug("dave: ignored a malformed epoch");
  if (!active_version_ || prepare->version == 0) return;  // 0: a transition says when the clear begins
  if (!speaks(prepare->version)) {
    return logger_.warning("End-to-end encryption: ignored a group of version {}, which we do not speak.",
                           prepare->version);
  }
  group_version_ = prepare->version;
  began_without_ = false;
  if (prepare->epoch != 1) return;  // the group stays
  transitions_.forget_group();
  renew();
}

// ── binary ──

void Session::on_proposals(ByteView body) {
  if (auto commit = membership_.on_proposals(body, users_))
    actions_.push_back(SendBinary{std::move(*commit)});
}

void Session::on_announcement(Opcode opcode, ByteView body) {
  const auto announced = read_announcement(body);
  if (!announced) return logger_.debug("dave: ignored a message without a transition");
  if (!active_version_ || group_version_ == 0)
    return logger_.debug("dave: ignored a message of no group of ours");
  Followed followed{};
  try {
    followed = follow(opcode, announced->message);
  } catch (const Error& refusal) {
    logger_.warning("End-to-end encryption: a message of the group is not valid: {}; joining again.",
                    refusal.what());
    last_transition_ = announced->transition;
    return recover();
  }
  if (followed == Followed::ignored) return;
  last_transition_ = announced->transition;
  if (followed == Followed::advanced) return on_new_epoch(opcode, announced->transition);
  // Removed: whoever has the new epoch's keys does not have ours, and we do not have theirs.
  transitions_.forget_group();
  transitions_.drop_key();
  has_key_ = false;
  withheld_.reset();
}

Followed Session::follow(Opcode opcode, ByteView message) {
  if (opcode == Opcode::announce_commit_transition) return membership_.on_commit(message);
  try {
    return membership_.on_welcome(message);
  } catch (const mls::Refusal& refusal) {
    // A Welcome that was under way to the key package before: the answer to the new one is still to come.
    const bool is_late = recovering_ && refusal.kind() == mls::Refusal::Kind::misplaced;
    if (!is_late) throw;
    return Followed::ignored;
  }
}

void Session::on_new_epoch(Opcode opcode, TransitionId transition) {
  recovering_ = false;
  const mls::Group& group = *membership_.established();
  transitions_.begin_epoch(std::make_unique<FrameEncryptor>(KeyRatchet(group, self_)));
  NewEpoch epoch{group.epoch(), privacy_code(group.epoch_authenticator()), {}};
  roster_.clear();
  for (mls::Member& member : group.roster()) {
    const Snowflake user = *user_of(member.identity);
    roster_.insert(user);
    epoch.members.push_back({user, std::move(member.signature_key)});
  }
  actions_.push_back(std::move(epoch));
  // A Commit brings in nobody who was not named: membership_ refuses such proposals.
  if ((opcode == Opcode::welcome || withheld_) && stranger()) {
    withheld_ = Withheld{transition};
    return;
  }
  withheld_.reset();
  rosters_refused_ = 0;
  ready(transition, group_version_);
}

// ── what they lead to ──

void Session::renew() {
  recovering_ = false;
  withheld_.reset();
  actions_.push_back(SendBinary{key_package_message(membership_.renew())});
}

void Session::recover() {
  actions_.push_back(SendText{invalid_commit_welcome(last_transition_)});
  transitions_.leave_group();
  renew();
  recovering_ = true;
}

void Session::ready(TransitionId transition, int version) {
  transitions_.prepare(transition, version);
  if (transition == kInitialTransition) return execute(transition);
  actions_.push_back(SendText{transition_ready(transition)});
}

void Session::execute(TransitionId transition) {
  if (withheld_ && withheld_->transition == transition) {
    withheld_->executed = true;
    return;
  }
  auto execution = transitions_.execute(transition);
  if (!execution) return logger_.debug("dave: ignored transition {}, which was not prepared", transition);
  active_version_ = execution->version;
  has_key_ = execution->key != Execution::Key::none;
  if (execution->version == 0) {
    if (membership_.established() != nullptr) group_version_ = 0;  // or else an upgrade is on its way already
    membership_.leave();
    transitions_.forget_group();
    withheld_.reset();
  }
  if (execution->encryptor) {
    was_encrypted_ = true;
    actions_.push_back(UseEncryptor{std::move(execution->encryptor)});
    line_ = Line::encrypted;
  }
}

bool Session::speaks(int version) const { return version >= 0 && version <= kMaxVersion; }

bool Session::may_be_plain() const noexcept {
  return plaintext_ == Plaintext::allowed || (plaintext_ == Plaintext::on_stage && !was_encrypted_);
}

Session::Line Session::line_now() const noexcept {
  if (!active_version_) return Line::nothing_yet;
  if (*active_version_ == 0) return may_be_plain() ? Line::plain : Line::not_encrypted;
  if (has_key_) return Line::encrypted;
  return is_alone() && !withheld_ ? Line::alone : Line::waiting;
}

// Says what has changed on the sender's line, and hands out all that is to be done.
Actions Session::settle(TimePoint now) {
  watch_roster(now);
  const Line before = line_;
  line_ = line_now();
  if (line_ != before && !over_) {
    const auto hold = [&](Hold why) { actions_.push_back(HoldAudio{why, std::make_unique<SilenceOnly>()}); };
    switch (line_) {
      case Line::plain:
        actions_.push_back(SendPlain{});
        break;
      case Line::alone:
        hold(Hold::alone);
        break;
      case Line::waiting:
        hold(Hold::waiting);
        break;
      case Line::not_encrypted:
        hold(Hold::not_encrypted);
        break;
      case Line::encrypted:  // said with the key
      case Line::nothing_yet:
        break;
    }
    key_due_.reset();
  }
  hold_to_time(now);
  return std::exchange(actions_, {});
}

// ── time ──

bool Session::somebody_waits() const noexcept {
  // An emptied call may fall back to version 0; nobody misses anything while it is empty.
  if (line_ == Line::not_encrypted) return began_without_ || !is_alone();
  if (line_ == Line::waiting) return true;
  // The group is lost, or its key not to be used yet: the others forget the key that we still use.
  return line_ == Line::encrypted && (group() == nullptr || withheld_) && !is_alone();
}

void Session::hold_to_time(TimePoint now) {
  if (over_ || !somebody_waits()) return key_due_.reset();
  if (key_due_) return;
  key_due_ = now + kKeyTimeout;
  asked_again_ = false;
}

Actions Session::on_time(TimePoint now) {
  if (roster_due_ && now >= *roster_due_) {
    refuse_roster();
    return settle(now);
  }
  if (!key_due_ || now < *key_due_) return {};
  if (line_ == Line::not_encrypted) {
    fail(plaintext_ == Plaintext::on_stage
             ? "The channel is a stage, which has no end-to-end encryption, and the audio was encrypted "
               "before: to go on without is refused."
             : "The voice server wants the audio without end-to-end encryption, which is refused.",
         Hint::allow_plaintext);
  } else if (asked_again_) {
    fail("No key for end-to-end encryption came within 20 s, though the group was asked for twice.");
  } else {
    logger_.warning("End-to-end encryption: no key within 10 s; joining the group again.");
    asked_again_ = true;
    key_due_ = now + kKeyTimeout;
    recover();
  }
  return settle(now);
}

void Session::fail(const std::string& sentence, Hint hint) {
  over_ = true;
  actions_.push_back(Failed{Error(Cause::encryption, sentence, hint)});
}

}  // namespace vcplay::dave
