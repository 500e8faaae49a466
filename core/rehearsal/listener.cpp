#include "rehearsal/listener.hpp"

#include <fmt/format.h>
#include <opus/opus.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "base/opus_frame.hpp"
#include "rehearsal/meter.hpp"
#include "rtp/header.hpp"

namespace vcplay::rehearsal {
namespace {

constexpr std::size_t kLongestOpus = 5760;    // samples per channel, RFC 6716 s3.2.5: 120 ms
constexpr std::uint32_t kMostConcealed = 50;  // a second; a longer gap is a pause

struct FreeDecoder {
  void operator()(OpusDecoder* decoder) const noexcept { opus_decoder_destroy(decoder); }
};

}  // namespace

class Listener::Hearing {
 public:
  Hearing(Ledger& ledger, bool measures)
      : ledger_(ledger), meter_(measures ? std::make_unique<Meter>() : nullptr) {
    int error = OPUS_OK;
    decoder_.reset(opus_decoder_create(kSampleRate, kChannels, &error));
    if (!decoder_) throw Error(Cause::unexpected, "the rehearsal's listener got no Opus decoder");
  }

  /// What comes next does not follow what came last.
  void interrupt() { last_sequence_.reset(); }

  void hear(const rtp::Header& header, ByteView opus, const Sink& sink) {
    if (header.ssrc != ssrc_) begin_stream(header.ssrc);
    conceal_before(header.sequence, sink);
    last_sequence_ = header.sequence;
    const int samples = check_duration(opus);
    if (samples <= 0) return;
    const int decoded = opus_decode_float(decoder_.get(), opus.data(), static_cast<opus_int32>(opus.size()),
                                          pcm_.data(), static_cast<int>(kLongestOpus), 0);
    if (decoded <= 0) {
      ledger_.breach(Rule::opus_undecodable,
                     fmt::format("libopus refused a packet: {}", opus_strerror(decoded)));
      return;
    }
    ++ledger_.facts.packets_heard;
    if (!is_opus_silence(opus)) {
      ledger_.facts.heard += Duration(std::int64_t{decoded} * 1'000'000 / 48);
    }
    take(opus, static_cast<std::size_t>(decoded), sink);
  }

  void measure(Report& report) const {
    if (!meter_) return;
    const Meter::Figures figures = meter_->read();
    report.loudness_lufs = figures.loudness_lufs;
    if (figures.true_peak_dbtp)
      report.true_peak_dbtp = std::max(report.true_peak_dbtp, *figures.true_peak_dbtp);
  }

 private:
  void begin_stream(std::uint32_t ssrc) {
    ssrc_ = ssrc;
    last_sequence_.reset();
    opus_decoder_ctl(decoder_.get(), OPUS_RESET_STATE);
  }

  /// Samples per channel, 0 for what is no Opus packet.
  int check_duration(ByteView opus) {
    const int samples =
        opus_packet_get_nb_samples(opus.data(), static_cast<opus_int32>(opus.size()), kSampleRate);
    if (samples <= 0) {
      ledger_.breach(Rule::opus_undecodable,
                     fmt::format("a payload of {} bytes is no Opus packet", opus.size()));
      return 0;
    }
    if (samples != static_cast<int>(kSamplesPerFrame)) {
      ledger_.breach(Rule::opus_duration, fmt::format("a packet holds {} samples instead of 960", samples));
    }
    return samples;
  }

  /// Fills the place of lost packets as a receiver does, so that what follows keeps its time.
  void conceal_before(std::uint16_t sequence, const Sink& sink) {
    if (!last_sequence_) return;
    const auto lost = static_cast<std::uint16_t>(sequence - *last_sequence_ - 1);
    if (lost > kMostConcealed) return;
    for (std::uint16_t i = 0; i < lost; ++i) {
      const int made = opus_decode_float(decoder_.get(), nullptr, 0, pcm_.data(), kSamplesPerFrame, 0);
      if (made > 0) take({}, static_cast<std::size_t>(made), sink);
    }
  }

  void take(ByteView opus, std::size_t samples, const Sink& sink) {
    const auto end = pcm_.begin() + static_cast<std::ptrdiff_t>(samples * kChannels);
    ledger_.facts.clipped_samples += static_cast<std::uint64_t>(
        std::count_if(pcm_.begin(), end, [](float sample) { return std::fabs(sample) >= 1.0F; }));
    if (meter_) meter_->add({pcm_.data(), samples * kChannels});
    if (sink) sink(opus, pcm_.data(), samples);
  }

  Ledger& ledger_;
  std::unique_ptr<OpusDecoder, FreeDecoder> decoder_;
  std::unique_ptr<Meter> meter_;  // nullptr: nobody asks how loud it is
  std::optional<std::uint32_t> ssrc_;
  std::optional<std::uint16_t> last_sequence_;
  std::array<float, kLongestOpus * kChannels> pcm_{};
};

Listener::Listener(rtp::TransportMode mode, rtp::TransportKey key, Books& books, bool measures)
    : opener_(mode, std::move(key)), books_(books), measures_(measures) {}

Listener::~Listener() = default;

void Listener::set_sink(Snowflake user, Sink sink) {
  sink_user_ = user;
  sink_ = std::move(sink);
}

void Listener::expect(std::uint32_t ssrc, Snowflake user) {
  speakers_[ssrc] = user;
  std::unique_ptr<Hearing>& hearing = hearings_[user];
  if (!hearing) hearing = std::make_unique<Hearing>(books_.of(user), measures_);
}

void Listener::withhold(Snowflake user) {
  const auto hearing = hearings_.find(user);
  if (hearing != hearings_.end()) hearing->second->interrupt();
}

void Listener::receive(ByteSpan packet, const std::optional<Bytes>& opus) {
  const std::optional<rtp::ParsedHeader> header = rtp::parse_header(packet);
  const auto speaker = header ? speakers_.find(header->fields.ssrc) : speakers_.end();
  if (speaker == speakers_.end()) return;
  const auto opened = opener_.open(packet, header->clear_bytes);
  if (!opened || !opus) return;  // then packets_heard stays behind packets_forwarded
  const Sink no_sink;
  hearings_.at(speaker->second)->hear(header->fields, *opus, speaker->second == sink_user_ ? sink_ : no_sink);
}

void Listener::measure(Snowflake user, Report& report) const {
  const auto hearing = hearings_.find(user);
  if (hearing != hearings_.end()) hearing->second->measure(report);
}

}  // namespace vcplay::rehearsal
