#include "words/playback.hpp"

#include <gtest/gtest.h>
#include <opus/opus.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "words/read_log.hpp"

namespace vcplay::testing {
namespace {

constexpr std::size_t kFiveMinutes = 16'384;  // frames

struct DecoderDeleter {
  void operator()(OpusDecoder* decoder) const { opus_decoder_destroy(decoder); }
};

/// The delay that libopus documents for its 48 kHz AUDIO encoder, asked of an encoder of the test's own.
std::size_t encoder_delay() {
  int result = 0;
  OpusEncoder* const encoder = opus_encoder_create(kSampleRate, kChannels, OPUS_APPLICATION_AUDIO, &result);
  opus_int32 delay = 0;
  opus_encoder_ctl(encoder, OPUS_GET_LOOKAHEAD(&delay));
  opus_encoder_destroy(encoder);
  return static_cast<std::size_t>(delay);
}

}  // namespace

void Witness::on_track(const media::TrackInfo& info) {
  const std::scoped_lock lock(mutex_);
  tracks.push_back(info);
  order.push_back("track " + std::to_string(info.track));
  changed_.notify_all();
}

void Witness::on_title(const media::StreamTitle& title) {
  const std::scoped_lock lock(mutex_);
  titles.push_back(std::to_string(title.track) + ' ' + title.title);
}

void Witness::on_track_end(const media::TrackResult& result) {
  const std::scoped_lock lock(mutex_);
  results.push_back(result);
  order.push_back("end " + std::to_string(result.track));
  changed_.notify_all();
}

void Witness::on_pipeline_end() {
  const std::scoped_lock lock(mutex_);
  order.emplace_back("all");
  ended_ = true;
  changed_.notify_all();
}

bool Witness::wait_for_end() {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::minutes(1), [this] { return ended_; });
}

bool Witness::wait_for_track() {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::minutes(1), [this] { return !tracks.empty(); });
}

bool Witness::wait_for_results(std::size_t count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::minutes(1), [&] { return results.size() >= count; });
}

Playback play(std::vector<media::Media> media, const media::PipelineOptions& options) {
  ReadLog queue(kFiveMinutes);
  Witness witness;
  media::Pipeline pipeline(std::move(media), options, queue, witness);
  pipeline.start();
  if (!witness.wait_for_end()) throw std::runtime_error("the pipeline did not end");

  Playback playback;
  while (const OpusFrame* const frame = queue.front()) {
    playback.frames.push_back(*frame);
    queue.pop();
  }
  EXPECT_TRUE(queue.drained());
  playback.tracks = witness.tracks;
  playback.results = witness.results;
  playback.order = witness.order;
  return playback;
}

Playback play(const std::string& location) { return play({media::Media{location, {}, 0, 0}}); }

std::string refusal(const media::Media& media, const media::PipelineOptions& options) {
  const Playback playback = play({media}, options);
  EXPECT_EQ(playback.frames.size(), 0U);
  EXPECT_EQ(playback.tracks.size(), 0U);
  if (playback.results.size() != 1) return {};
  EXPECT_EQ(playback.results[0].frames, 0U);
  return playback.results[0].error;
}

std::vector<float> Playback::heard() const {
  int result = 0;
  const std::unique_ptr<OpusDecoder, DecoderDeleter> decoder(
      opus_decoder_create(kSampleRate, kChannels, &result));
  std::vector<float> samples(frames.size() * kSamplesPerFrame * kChannels);
  std::size_t end = 0;
  for (const OpusFrame& frame : frames) {
    const int made = opus_decode_float(decoder.get(), frame.bytes.data(), frame.size, samples.data() + end,
                                       static_cast<int>(kSamplesPerFrame), 0);
    EXPECT_EQ(made, static_cast<int>(kSamplesPerFrame)) << "not one 20 ms Opus packet";
    end += kSamplesPerFrame * kChannels;
  }
  const std::size_t delay = std::min(samples.size(), encoder_delay() * kChannels);
  samples.erase(samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(delay));
  return samples;
}

double correlation(const std::vector<float>& a, const std::vector<float>& b, std::size_t channel) {
  double ab = 0;
  double aa = 0;
  double bb = 0;
  for (std::size_t i = channel; i < std::min(a.size(), b.size()); i += kChannels) {
    ab += double{a[i]} * double{b[i]};
    aa += double{a[i]} * double{a[i]};
    bb += double{b[i]} * double{b[i]};
  }
  return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : 0.0;
}

LogBook::LogBook(log::Level level) {
  log::set_level(level);
  log::set_sink([this](log::Level, std::string_view line) {
    const std::scoped_lock lock(mutex_);
    lines_.emplace_back(line);
  });
}

LogBook::~LogBook() {
  log::set_level(log::Level::warning);
  log::set_sink({});
}

std::vector<std::string> LogBook::lines() const {
  const std::scoped_lock lock(mutex_);
  return lines_;
}

void LogBook::forget() {
  const std::scoped_lock lock(mutex_);
  lines_.clear();
}

}  // namespace vcplay::testing
