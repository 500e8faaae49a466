#include "dave/transitions.hpp"

namespace vcplay::dave {

void Transitions::begin_epoch(std::unique_ptr<FrameEncryptor> encryptor) {
  current_ = ++latest_;
  ready_.emplace(current_, std::move(encryptor));
  if (ready_.size() > kMaxEpochsReady) ready_.erase(ready_.begin());
}

void Transitions::forget_group() noexcept {
  leave_group();
  ready_.clear();
  for (auto& [id, prepared] : prepared_) prepared.epoch = kNoEpoch;
}

void Transitions::prepare(TransitionId id, int version) {
  prepared_.insert_or_assign(id, Prepared{version, current_});
}

std::optional<Execution> Transitions::execute(TransitionId id) {
  const auto found = prepared_.find(id);
  if (found == prepared_.end()) return std::nullopt;
  const auto [version, prepared_epoch] = found->second;
  prepared_.erase(found);
  Execution execution{version, Execution::Key::none, nullptr};
  if (version == 0) {
    key_is_used_ = false;
    return execution;
  }
  // Prepared before there was a group: then the one that has come since.
  const Epoch epoch = prepared_epoch == kNoEpoch ? current_ : prepared_epoch;
  if (epoch != kNoEpoch && epoch <= in_force_) {
    execution.key = key_is_used_ ? Execution::Key::unchanged : Execution::Key::none;
    return execution;
  }
  const auto ready = ready_.find(epoch);
  if (ready == ready_.end()) {
    key_is_used_ = false;
    return execution;
  }
  execution.key = Execution::Key::next;
  execution.encryptor = std::move(ready->second);
  ready_.erase(ready_.begin(), ++ready_.find(epoch));
  in_force_ = epoch;
  key_is_used_ = true;
  return execution;
}

}  // namespace vcplay::dave
