// Which key is sent with from when on (DAVE, "Protocol Transitions").
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>

#include "dave/frame_encryptor.hpp"
#include "dave/messages.hpp"

namespace vcplay::dave {

/// What an executed transition changes for the sender.
struct Execution {
  enum class Key : std::uint8_t {
    none,       // there is none: no group, or no encryption
    unchanged,  // the one in force stays, with its nonces
    next,       // `encryptor`
  };
  int version;
  Key key = Key::none;
  std::unique_ptr<FrameEncryptor> encryptor;
};

/// The transitions that were prepared and not executed yet, and the keys that they will put in force.
///
/// Each epoch has one FrameEncryptor in its whole life, and an epoch never follows a later one: either would
/// use a nonce twice under one key.
class Transitions {
 public:
  /// The group is in a new epoch, in which frames pass `encryptor`.
  void begin_epoch(std::unique_ptr<FrameEncryptor> encryptor);
  /// We are in no group; what was prepared may still be executed.
  void leave_group() noexcept { current_ = kNoEpoch; }
  /// The server makes everything anew: nothing of the old group comes into force any more.
  void forget_group() noexcept;

  /// From `id`'s execution on, this version is spoken with the key of the epoch that is the current one now.
  void prepare(TransitionId id, int version);
  /// Nothing when `id` was not prepared or is executed already.
  [[nodiscard]] std::optional<Execution> execute(TransitionId id);
  /// The key in force is given up for good.
  void drop_key() noexcept { key_is_used_ = false; }

 private:
  using Epoch = std::uint64_t;  // ours, over all groups: an epoch of MLS begins at 1 again with each group
  static constexpr Epoch kNoEpoch = 0;
  static constexpr std::size_t kMaxEpochsReady = 8;

  struct Prepared {
    int version;
    Epoch epoch;
  };
  std::map<TransitionId, Prepared> prepared_;
  std::map<Epoch, std::unique_ptr<FrameEncryptor>> ready_;  // not used yet
  Epoch latest_ = kNoEpoch;
  Epoch current_ = kNoEpoch;  // latest_ or none
  Epoch in_force_ = kNoEpoch;
  bool key_is_used_ = false;  // frames are encrypted with in_force_'s key
};

}  // namespace vcplay::dave
