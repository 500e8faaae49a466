// As many sender threads as the channels need.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "send/send_thread.hpp"
#include "stream/frame_cursor.hpp"

namespace vcplay::send {

/// One channel's Sender and all that it touches. The network thread makes and destroys it, and posts to its
/// inbox; the rest is a sender thread's from SendThreads::add() on.
struct Station {
  /// `log` outlives the SendThreads that it is given to.
  Station(stream::FrameLog& log, std::shared_ptr<SenderStats> counts, Sender::Options options)
      : stats(std::move(counts)), cursor(log), sender(cursor, inbox, *stats, options) {}

  const std::shared_ptr<SenderStats> stats;
  SenderInbox inbox;
  stream::FrameCursor cursor;
  Sender sender;
};

/// What a sender thread has to do.
struct ThreadLoad {
  double share = 0;         // of a processor, as measured last
  std::size_t senders = 0;  // that are with it
  std::size_t added = 0;    // of these, since it was measured
};
/// Which thread takes one more: its index, or loads.size() for a new one, of which there may be `most`.
[[nodiscard]] std::size_t choose_thread(std::span<const ThreadLoad> loads, std::size_t most) noexcept;

/// Spreads Senders over threads: one as long as that has time for all, then the next. Lives on the network
/// thread. Destroyed after those who still hold a Station of its.
class SendThreads {
 public:
  static constexpr std::size_t kMostSenders = stream::StreamClock::kMostTakers;

  /// The first thread, which starts with the first Station, is paced by `first`; further ones by others like
  /// it, where it may have any.
  explicit SendThreads(Pacer& first);
  ~SendThreads();
  SendThreads(const SendThreads&) = delete;
  SendThreads& operator=(const SendThreads&) = delete;

  /// Takes it: it is ticked from now on. Takes nothing and throws Error{unexpected} when the system gives no
  /// thread, or there are kMostSenders.
  Station& add(std::unique_ptr<Station>&& station);
  /// It sends nothing more, but for a packet that is under way. Not to be touched any more.
  void remove(Station& station) noexcept;
  /// Destroys what was removed and is out of use by now; add() and remove() do so, too.
  void reap() noexcept;

  [[nodiscard]] std::size_t threads() const noexcept { return threads_.size(); }
  /// Those that are not removed, or not yet out of use.
  [[nodiscard]] std::size_t senders() const noexcept;
  /// The processor's time that all threads have taken.
  [[nodiscard]] Duration processor_time() const noexcept;

 private:
  struct Thread {
    explicit Thread(Pacer& pacer) : thread(pacer) {}
    SendThread thread;
    ThreadLoad load;
    TimePoint measured{};
    Duration processor_time{};
  };
  struct Seat {
    std::unique_ptr<Station> station;  // null: the place is free
    std::size_t thread = 0;
  };

  [[nodiscard]] std::size_t free_place();
  [[nodiscard]] std::size_t thread_for_one_more();
  void start_thread();
  void measure(Thread& thread, TimePoint now) noexcept;
  void destroy(const Sender& sender) noexcept;

  const std::size_t most_;   // threads
  std::vector<Seat> seats_;  // by the Senders' places
  Pacer& first_;
  std::vector<std::unique_ptr<Pacer>> pacers_;    // of the further threads
  std::vector<std::unique_ptr<Thread>> threads_;  // destroyed first
};

}  // namespace vcplay::send
