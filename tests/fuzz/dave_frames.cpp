// A sender, a listener and what happens to the frames between them: what is untouched opens exactly once,
// nothing else ever does.
#include <algorithm>

#include "dave/frame_decryptor.hpp"
#include "dave/frame_encryptor.hpp"
#include "story.hpp"

namespace vcplay::fuzz {
namespace {

using namespace dave;

enum Kind : std::uint8_t {
  kSend,         // body: an Opus packet
  kDeliver,      // body: which of the frames, then changes
  kForge,        // body: the frame
  kPass,         // body: time, in units of 100 ms
  kEpoch,        // both sides get new keys
  kPassthrough,  // body: on or off
  kKinds,
};

/// How many frames count as sent before an epoch's first one: the next ones then reach a longer nonce
/// or a new generation.
constexpr std::uint32_t kFramesBefore[] = {
    0, 126, 16382, (1U << 24) - 3, (1U << 24) * 5 - 2, (1U << 24) * 15};

struct Sent {
  Bytes frame;
  Bytes opus;
  std::size_t epoch;
  bool opened = false;
};

class Line {
 public:
  explicit Line(std::uint8_t head) : frames_before_(kFramesBefore[head % std::size(kFramesBefore)]) {
    begin_epoch();
  }

  void happen(const Step& step) {
    Input input(step.body);
    switch (step.kind % kKinds) {
      case kSend:
        return send(input.rest());
      case kDeliver:
        return deliver(input.u16(), input);
      case kForge:
        return expect(input.rest());
      case kPass:
        now_ += input.u8() * 100ms;
        return;
      case kEpoch:
        return begin_epoch();
      default: {
        const bool on = input.u8() % 2 == 1;
        passthrough_was_on_ = passthrough_was_on_ || on;
        return decryptor_.set_passthrough(on, now_);
      }
    }
  }

 private:
  void begin_epoch() {
    const Bytes secret(16, static_cast<std::uint8_t>(++epoch_));
    const auto ratchet = [&] { return KeyRatchet(SecretBytes(ByteView(secret))); };
    encryptor_.emplace(ratchet(), frames_before_);
    decryptor_.begin_epoch(ratchet(), now_);
    // So long that the frames before can have been sent, and that no key from before is kept.
    now_ += std::chrono::seconds(frames_before_ / kMaxFramesPerSecond + 1);
  }

  void send(ByteView opus) {
    std::array<std::uint8_t, kMaxProtocolFrameBytes> buffer{};
    const std::size_t size = std::min(opus.size(), kMaxOpusBytes);
    std::copy_n(opus.begin(), size, buffer.begin());
    const std::size_t written = encryptor_->apply(buffer, size);
    if (written == 0) return;  // the keys are used up
    must_hold(written > size && written <= buffer.size(), "an encrypted frame is longer and fits");
    must_hold(parse_protocol_frame(ByteView(buffer).first(written)).has_value(),
              "what is encrypted looks encrypted");
    sent_.push_back({Bytes(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(written)),
                     Bytes(opus.begin(), opus.begin() + static_cast<std::ptrdiff_t>(size)), epoch_});
  }

  void deliver(std::uint16_t which, Input changes) {
    if (sent_.empty()) return;
    expect(changed(sent_[which % sent_.size()].frame, changes));
  }

  // Opens `frame` and holds the outcome against what is known to have been sent.
  void expect(ByteView frame) {
    const auto result = decryptor_.open(frame, now_);
    const auto known = std::find_if(sent_.begin(), sent_.end(),
                                    [&](const Sent& sent) { return as_text(sent.frame) == as_text(frame); });
    switch (result.outcome) {
      case Opened::decrypted:
        must_hold(known != sent_.end(), "a frame that nobody sent does not open");
        must_hold(!known->opened, "a frame opens once");
        must_hold(result.opus == known->opus, "a frame opens to what was sent");
        known->opened = true;
        return;
      case Opened::silence:
        return must_hold(std::equal(frame.begin(), frame.end(), kOpusSilence.begin(), kOpusSilence.end()),
                         "nothing but silence is silence");
      case Opened::passed:
        must_hold(passthrough_was_on_, "nothing passes in the clear before it is allowed");
        return must_hold(as_text(result.opus) == as_text(frame), "what passes, passes as it is");
      default:
        must_hold(result.opus.empty(), "what does not open yields nothing");
        must_hold(known == sent_.end() || known->opened || known->epoch != epoch_ || crosses_generations(),
                  "a frame of the present epoch opens");
    }
  }

  // Keys of generations before the newest are kept for a while only; that is not modelled here.
  [[nodiscard]] bool crosses_generations() const {
    return (frames_before_ >> kGenerationShift) != ((frames_before_ + Story::kMaxSteps) >> kGenerationShift);
  }

  const std::uint32_t frames_before_;
  std::size_t epoch_ = 0;
  std::optional<FrameEncryptor> encryptor_;
  FrameDecryptor decryptor_;
  std::vector<Sent> sent_;
  bool passthrough_was_on_ = false;
  TimePoint now_{1000s};
};

}  // namespace

std::vector<Seed> seeds() {
  std::vector<Seed> all;
  for (std::uint8_t head = 0; head < std::size(kFramesBefore); ++head) {
    Story story{head, {}};
    for (std::uint8_t i = 0; i < 6; ++i) story.steps.push_back({kSend, Bytes(3 + 20 * i, i)});
    for (const std::uint8_t which : Bytes{0, 2, 1, 1, 5}) story.steps.push_back({kDeliver, {0, which}});
    story.steps.push_back({kDeliver, {0, 3, 0, 1, 0x80}});
    story.steps.push_back({kForge, {kOpusSilence.begin(), kOpusSilence.end()}});
    story.steps.push_back({kForge, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1, 13, 0xFA, 0xFA}});
    story.steps.push_back({kEpoch, {}});
    story.steps.push_back({kSend, Bytes(100, 9)});
    story.steps.push_back({kDeliver, {0, 6}});
    story.steps.push_back({kPass, {50}});
    story.steps.push_back({kDeliver, {0, 4}});
    story.steps.push_back({kPass, {60}});
    story.steps.push_back({kDeliver, {0, 3}});
    story.steps.push_back({kPassthrough, {1}});
    story.steps.push_back({kForge, {1, 2, 3}});
    all.push_back({"line_" + std::to_string(head), story.write()});
  }
  return all;
}

}  // namespace vcplay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vcplay::fuzz;
  const Story story = Story::read({data, size});
  Line line(story.head);
  for (const Step& step : story.steps) line.happen(step);
  return 0;
}
