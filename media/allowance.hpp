// What one medium may cost, whatever FFmpeg makes of it.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.hpp"
#include "media/connections.hpp"
#include "media/memory_ceiling.hpp"
#include "media/memory_gauge.hpp"
#include "media/web_budget.hpp"
#include "media/web_rules.hpp"

namespace vcplay::media {

/// Where a medium lies, and so what it may cost.
enum class Abode : std::uint8_t { here, on_a_server };

/// Is asked whenever bytes come in, FFmpeg waits, or something is connected to, and says no once the medium
/// has cost too much: memory since it was opened, thinking since its last sound, or what a WebBudget counts.
/// Somewhat above that stands a ceiling of memory, for what is taken without asking. It knows neither FFmpeg
/// nor threads. Lives on the thread that reads the medium.
class Allowance final : public ConnectionRule {
 public:
  Allowance(Abode abode, const WebRules& rules);
  ~Allowance() override;
  Allowance(const Allowance&) = delete;
  Allowance& operator=(const Allowance&) = delete;

  bool may_connect(const sockaddr& address) noexcept override;
  /// It is a file of so many bytes: its index may take memory in proportion.
  void note_size(std::int64_t bytes) noexcept;
  /// So many bytes came.
  void take(std::int64_t bytes) noexcept;
  /// So much sound came.
  void note_sound(Duration sound) noexcept;
  /// True once it is spent, and for ever after.
  [[nodiscard]] bool is_spent() noexcept;

  /// Why it is spent, or why the last address was refused, as the end of a sentence; empty: neither.
  [[nodiscard]] const std::string& fault() const noexcept { return fault_.empty() ? refusal_ : fault_; }

 private:
  [[nodiscard]] static Duration thought() noexcept;
  [[nodiscard]] bool may_reach(const sockaddr& address);
  void look() noexcept;

  [[nodiscard]] bool takes_too_much() noexcept;

  const WebRules& rules_;
  std::int64_t most_memory_;  // once enough bytes have come
  std::int64_t taken_ = 0;    // bytes
  bool is_remote_;
  WebBudget web_;
  MemoryGauge memory_;
  MemoryCeiling ceiling_;
  Duration sound_{};  // since memory was forgiven
  Duration thought_at_sound_ = thought();
  std::string fault_;
  std::string refusal_;
};

}  // namespace vcplay::media
