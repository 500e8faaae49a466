#include "soak/witness.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace vcplay::soak {
namespace {

// RFC 6716 s3.1 and s3.2.5: CELT, full band, 20 ms, stereo, code 3; one frame, of one size, with padding.
constexpr std::uint8_t kToc = 0xFF;
constexpr std::uint8_t kOneFrameAndPadding = 0x41;
constexpr std::uint8_t kPaddingBytes = 8;
constexpr std::size_t kHeadBytes = 3;
constexpr std::size_t kSoundBytes = 120;
constexpr std::size_t kFrameBytes = kHeadBytes + kSoundBytes + kPaddingBytes;

// A busy machine may lose a second; a voice session that is lost without need costs frames.
constexpr Duration kNoticeable = 1s;
// Between a fault's time and what is heard of it.
constexpr Duration kSlack = 300ms;
constexpr std::size_t kMostComplaints = 20;

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

void write_frame(std::uint64_t number, OpusFrame& frame) {
  frame.bytes[0] = kToc;
  frame.bytes[1] = kOneFrameAndPadding;
  frame.bytes[2] = kPaddingBytes;
  for (std::size_t i = 0; i < kSoundBytes; ++i) {
    frame.bytes[kHeadBytes + i] = static_cast<std::uint8_t>(number * 31 + i * 7);
  }
  store_be64(ByteSpan(frame.bytes).subspan(kHeadBytes + kSoundBytes), number);
  frame.size = kFrameBytes;
  frame.track = 0;
  frame.track_frame = number;
}

std::optional<std::uint64_t> number_of(ByteView opus) {
  if (opus.size() != kFrameBytes || opus[0] != kToc) return std::nullopt;
  return load_be64(opus.subspan(kHeadBytes + kSoundBytes));
}

void Witness::hear(ByteView opus, TimePoint now) {
  const auto number = number_of(opus);
  if (!number) return;
  const Lock lock(mutex_);
  if (!account_.first) {
    account_.first = now;
  } else if (*number < next_) {
    account_.complaints.push_back(fmt::format("frame {} came after frame {}", *number, next_ - 1));
    return;
  } else {
    judge(*number - next_, now);
  }
  ++account_.heard;
  account_.latest = now;
  next_ = *number + 1;
}

void Witness::judge(std::uint64_t missing, TimePoint now) {
  account_.missing += missing;
  const Duration silence = now - *account_.latest;
  account_.longest_silence = std::max(account_.longest_silence, silence);
  if (missing == 0 && silence < kNoticeable) return;
  const Duration begin = *account_.latest - *account_.first;
  const Duration end = now - *account_.first;
  if (is_excused(begin, end) || account_.complaints.size() == kMostComplaints) return;
  account_.complaints.push_back(
      fmt::format("nothing was heard from {:.2f} s to {:.2f} s and {} frames are missing", seconds(begin),
                  seconds(end), missing));
}

bool Witness::is_excused(Duration begin, Duration end) const {
  return std::any_of(excuses_.begin(), excuses_.end(), [&](const Excuse& excuse) {
    return excuse.begin - kSlack <= begin && end <= excuse.end + kSlack;
  });
}

bool Witness::is_peace(TimePoint now) const {
  const Lock lock(mutex_);
  if (!account_.first) return false;
  const Duration when = now - *account_.first;
  return std::none_of(excuses_.begin(), excuses_.end(), [&](const Excuse& excuse) {
    return excuse.begin - kSlack <= when && when <= excuse.end + kSlack;
  });
}

Witness::Account Witness::account() const {
  const Lock lock(mutex_);
  return account_;
}

}  // namespace vcplay::soak
