// The status line as a watcher of the Player.
#pragma once

#include <memory>
#include <string>

#include "cli/options.hpp"
#include "cli/player.hpp"
#include "cli/status_line.hpp"

namespace vcplay::cli {

/// Keeps the status line up to date.
class StatusView final : public PlayerView {
 public:
  /// `line` may be null: nothing is shown then.
  StatusView(std::unique_ptr<StatusLine> line, TitleTemplate title);

  [[nodiscard]] Duration tick_interval() const override;
  void on_phase(std::size_t target, channel::Phase phase) override;
  void on_wait(const std::string& why) override { snapshot_.wait = why; }
  void on_bitrate(int bits_per_second) override { snapshot_.bitrate = bits_per_second; }
  void on_encryption(std::size_t target, const channel::EncryptionFacts& facts) override;
  void on_track(const media::TrackInfo& info) override;
  void on_title(const media::StreamTitle& title) override;
  void on_tick(const Progress& progress) override;
  /// Shows at once for whom this run waits before it does anything else.
  void show_wait(const std::string& whom);
  /// Takes the line off the terminal.
  void finish() { line_.reset(); }

 private:
  std::unique_ptr<StatusLine> line_;
  const TitleTemplate title_;
  NowPlaying now_playing_;
  StatusSnapshot snapshot_;
};

/// For this terminal and these options: -q and a standard error that is no terminal get none.
[[nodiscard]] std::unique_ptr<StatusView> make_status_view(const Options& options);

}  // namespace vcplay::cli
