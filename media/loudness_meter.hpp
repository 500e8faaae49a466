// EBU R 128 over 48 kHz stereo.
#pragma once

#include <memory>
#include <optional>
#include <span>

namespace vcplay::media {

/// Measures loudness as ITU-R BS.1770 and EBU R 128 define it. Its memory does not grow with what it hears.
class LoudnessMeter {
 public:
  /// What is asked of it later.
  enum class Span { programme, momentary };
  explicit LoudnessMeter(Span span);
  ~LoudnessMeter();
  LoudnessMeter(LoudnessMeter&&) noexcept;
  LoudnessMeter& operator=(LoudnessMeter&&) noexcept;

  void add(std::span<const float> interleaved);

  /// LUFS over all of it, gated; nothing when all of it was silence.
  [[nodiscard]] std::optional<double> programme() const;
  /// LUFS over the last 400 ms; nothing in silence.
  [[nodiscard]] std::optional<double> momentary() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vcplay::media
