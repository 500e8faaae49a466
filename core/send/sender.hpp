// The sender: one packet every 20 ms, exactly.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <variant>

#include "base/clock.hpp"
#include "base/packet.hpp"
#include "base/spsc_ring.hpp"
#include "rtp/header.hpp"
#include "rtp/transport_cipher.hpp"
#include "stream/frame_cursor.hpp"

namespace vcplay::send {

inline constexpr int kSilencePackets =
    5;  // enough to stop Opus interpolating into our silence (Discord, "Voice Data Interpolation")
inline constexpr int kMaxLatePackets = 3;  // later than this is a stall: rebase, do not burst
inline constexpr int kStartFrames = 5;     // 100 ms queued before a stream starts to speak
inline constexpr int kResumeFrames = 10;   // 200 ms queued before audio resumes after an underrun
inline constexpr Duration kMostHeadStart =
    std::chrono::microseconds(200);  // to prepare a packet before its deadline
inline constexpr Duration kKeepaliveInterval = std::chrono::seconds(5);

// ── network thread → sender thread ──

/// What becomes of the stream while audio may not be sent.
enum class Hold : std::uint8_t {
  none,    // audio may be sent
  pause,   // its frames wait, unless other channels take them
  run_on,  // a frame per slot passes unheard, as a radio's would
};
/// A session is ready for audio: all that a packet needs. Counters go on from where the caller says.
struct StartStream {
  std::unique_ptr<PacketSink> sink;
  std::unique_ptr<rtp::TransportCipher> cipher;
  std::unique_ptr<FrameTransform> transform;  // null: protocol frames are plain Opus
  rtp::Header first;                          // what the first packet carries
  Hold hold = Hold::none;
};
/// From the next packet on, frames pass this transform (null: none), and nothing holds them any more.
struct SwapTransform {
  std::unique_ptr<FrameTransform> transform;
};
/// Audio may not be sent: five silence packets if it flows, then what `hold` says. `gate` stands in the
/// transform's place meanwhile, so that a mistake sends nothing.
struct HoldAudio {
  std::unique_ptr<FrameTransform> gate;
  Hold hold = Hold::pause;
};
/// From the next packet on, packets are sealed with this cipher. The stream goes on.
struct SwapCipher {
  std::unique_ptr<rtp::TransportCipher> cipher;
};
/// SPEAKING has been sent: audio may flow.
struct SpeakingIsOn {};
/// Leave the frames alone, say five silence packets, report finished.
struct StopPlaying {};
/// The connection is gone: nothing more may be sent on it; everything of StartStream is retired.
struct DropStream {};
using SenderCommand = std::variant<std::monostate, StartStream, SwapTransform, HoldAudio, SwapCipher,
                                   SpeakingIsOn, StopPlaying, DropStream>;

/// What the sender is done with; the network thread destroys it.
using Retired = std::variant<std::monostate, std::unique_ptr<PacketSink>,
                             std::unique_ptr<rtp::TransportCipher>, std::unique_ptr<FrameTransform>>;

// ── sender thread → network thread ──

enum class SenderReport : std::uint8_t {
  wants_speaking,  // frames wait: send SPEAKING, then SpeakingIsOn
  went_quiet,      // five silence packets are out after an underrun: send SPEAKING 0
  held,            // the same after a HoldAudio
  finished,        // the last silence packet of the whole stream is out
};

/// The mailbox between the two threads. Rings and one eventfd; no lock.
class SenderInbox {
 public:
  SenderInbox();  // throws Error{unexpected} when there is no eventfd
  ~SenderInbox();
  SenderInbox(const SenderInbox&) = delete;
  SenderInbox& operator=(const SenderInbox&) = delete;

  // network thread
  [[nodiscard]] bool post(SenderCommand&& command) noexcept;           // false: 16 commands wait unread
  [[nodiscard]] int report_fd() const noexcept { return report_fd_; }  // readable when reports wait
  [[nodiscard]] std::optional<SenderReport> take_report() noexcept;    // drain until nothing
  void destroy_retired() noexcept;

  // sender thread
  [[nodiscard]] SenderCommand* front() noexcept { return commands_.front(); }
  void pop() noexcept { commands_.pop(); }
  void report(SenderReport report) noexcept;
  void retire(Retired&& object) noexcept;

 private:
  SpscRing<SenderCommand> commands_{16};
  SpscRing<SenderReport> reports_{64};
  SpscRing<Retired> retired_{64};
  int report_fd_ = -1;
};

/// Counts of what was sent; written by the sender thread alone (plain stores), read by anyone.
struct SenderStats {
  std::atomic<std::uint64_t> packets{0};        // handed to the socket
  std::atomic<std::uint64_t> audio_packets{0};  // of these, frames of media (not silence)
  std::atomic<std::uint64_t> unheard{0};        // frames of media that ran on while nobody was there
  std::atomic<std::uint64_t> dropped{0};        // the socket would block
  std::atomic<std::uint64_t> failed{0};         // the socket, the cipher or the transform refused
  std::atomic<std::uint64_t> underruns{
      0};                                 // times that the stream ran dry in the middle and audio went quiet
  std::atomic<std::uint64_t> rebases{0};  // stalls of more than three packets
  std::atomic<std::int64_t> worst_late_ns{0};    // deadline to send
  std::atomic<std::uint32_t> track{0};           // of the frame that was taken last
  std::atomic<std::uint64_t> track_frame{0};     // of the frame that was taken last
  std::atomic<bool> speaking{false};             // audio flows
  std::atomic<std::int64_t> first_packet_ns{0};  // steady clock, 0: none yet
  std::atomic<std::int64_t> first_audio_ns{0};   // first frame of media
  /// Deadline-to-send error: bucket i counts errors of [i, i+1) µs; the last one everything above.
  static constexpr std::size_t kLateBuckets = 4096;
  std::array<std::atomic<std::uint32_t>, kLateBuckets> late_us{};
};

/// Owns the clock and the counters of one outgoing stream. Sans-thread: tick() is told the time.
/// Lives on a sender thread, which neither allocates, locks, logs nor frees in here.
class Sender {
 public:
  struct Options {
    int lead_in_packets = 10;  // silence before the first frame of each stream
  };
  Sender(stream::FrameCursor& cursor, SenderInbox& inbox, SenderStats& stats, Options options) noexcept
      : cursor_(cursor), inbox_(inbox), stats_(stats), options_(options) {}
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  /// Before it is ticked first: its number among the Senders of this program, which says when within 20 ms
  /// its slots are. Number 0 begins at once, whenever that is.
  void take_place(std::size_t place) noexcept { place_ = place; }

  /// When tick() wants to be called next. At first, and when a stream starts, this is a time in the past.
  [[nodiscard]] TimePoint next_deadline() const noexcept { return due_; }
  /// Reads the inbox and does what is due at `now`: sends at most one packet. Harmless when called early.
  void tick(TimePoint now) noexcept;

  // The two halves of tick(), for a thread that gets up a little before the deadline.
  /// Everything up to the sealed packet, up to kMostHeadStart ahead. True when there is one to be sent at
  /// next_deadline(); then send_prepared() is owed.
  [[nodiscard]] bool prepare(TimePoint now) noexcept;
  void send_prepared(TimePoint now) noexcept;

  [[nodiscard]] bool finished() const noexcept { return phase_ == Phase::finished; }

  /// It is ticked no more, for now or for ever: nobody has to keep time with it.
  void stand_aside() noexcept { cursor_.rest(); }

  // For a clock that can stand still: between reading the inbox and a tick, such a clock waits while
  // waiting() is true.
  void read_inbox() noexcept;
  /// True when a tick could send nothing until frames come or the network thread acts.
  [[nodiscard]] bool waiting() const noexcept;
  /// True when it is frames that it waits for, in the middle of the stream.
  [[nodiscard]] bool starving() const noexcept;
  /// True when it is the network thread's answer to wants_speaking that it waits for.
  [[nodiscard]] bool asking() const noexcept { return phase_ == Phase::asking; }

 private:
  friend class SendThread;
  friend class SenderStack;
  enum class Phase : std::uint8_t {
    no_stream,  // waits for StartStream
    gathering,  // quiet: waits for frames
    asking,     // quiet: waits for SpeakingIsOn
    unheard,    // quiet: one frame per slot is taken and thrown away
    lead_in,    // silence before the first frame
    audio,      // one frame of media per slot
    trailing,   // silence after the last frame
    finished,   // nothing more will be sent
  };

  void on(std::monostate) noexcept {}
  void on(StartStream& start) noexcept;
  void on(SwapTransform& swap) noexcept;
  void on(HoldAudio& hold) noexcept;
  void on(SwapCipher& swap) noexcept;
  void on(SpeakingIsOn) noexcept;
  void on(StopPlaying) noexcept;
  void on(DropStream) noexcept;
  template <typename Owned>
  void retire(std::unique_ptr<Owned>& owned) noexcept;
  void replace_cipher(std::unique_ptr<rtp::TransportCipher> next) noexcept;

  [[nodiscard]] bool talking() const noexcept;
  [[nodiscard]] bool enough_gathered() const noexcept;
  void enter(Phase phase) noexcept;
  void end_gathering(TimePoint now) noexcept;
  void finish() noexcept;
  void begin_trailing() noexcept;
  void end_trailing() noexcept;

  void pass_quiet_slots(TimePoint now) noexcept;
  void pass_unheard_frame(TimePoint slot) noexcept;
  void keep_alive(TimePoint now) noexcept;
  [[nodiscard]] TimePoint first_slot(TimePoint now) const noexcept;
  void meet_schedule(TimePoint now) noexcept;
  void wait_for_the_beginning() noexcept;
  void load_packet() noexcept;
  [[nodiscard]] bool sink_takes_packet(TimePoint now) noexcept;
  void note_lateness(Duration late) noexcept;
  void note_position(const OpusFrame& frame) noexcept;
  void note_frame(const OpusFrame& frame, TimePoint now) noexcept;

  stream::FrameCursor& cursor_;
  SenderInbox& inbox_;
  SenderStats& stats_;
  const Options options_;

  Phase phase_ = Phase::no_stream;
  Hold hold_ = Hold::none;
  bool trailing_for_hold_ = false;  // a HoldAudio, not an underrun, ended the audio
  bool stopping_ = false;           // StopPlaying came: what waits stays there
  int silence_left_ = 0;            // packets of lead-in or trailing silence still to send
  int frames_needed_ = 0;           // waiting frames that end the gathering

  // the stream, from StartStream on
  std::unique_ptr<PacketSink> sink_;
  std::unique_ptr<rtp::TransportCipher> cipher_;
  std::unique_ptr<FrameTransform> transform_;
  rtp::Header header_;  // of the next packet; its timestamp belongs to due_
  // By every cipher so far. A server may name a key again, in this session or in a later one: with one count
  // for all of them no nonce comes twice under any. It lasts for 2.7 years of packets.
  std::uint64_t sealed_ = 0;

  // the schedule
  std::size_t place_ = 0;
  TimePoint due_{};        // of the next slot; slots are 20 ms apart
  TimePoint scheduled_{};  // where the prepared packet's slot was before a stall moved it
  bool anchored_ = false;  // the stream's first packet has fixed where its slots are
  TimePoint last_sent_{};  // packet or keepalive
  std::uint32_t keepalives_ = 0;

  std::array<std::uint8_t, kMaxPacketBytes> packet_{};
  std::size_t packet_bytes_ = 0;  // prepared; 0: not fit to be sent

  // of the SendThread
  Sender* next_ = nullptr;           // in a SenderStack
  std::atomic<bool> leaves_{false};  // the network thread wants it back
};

}  // namespace vcplay::send
