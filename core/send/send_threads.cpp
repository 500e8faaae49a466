#include "send/send_threads.hpp"

#include <algorithm>
#include <thread>
#include <utility>

#include "base/error.hpp"

namespace vcplay::send {
namespace {

constexpr Duration kMeasureFor = 500ms;  // at least
// Of a processor, for one thread. The rest is for what comes all at once: joins, changes of keys, the system.
constexpr double kMostShare = 0.7;
constexpr double kShareOfOne = 0.0006;  // until it is measured: 12 µs for a packet

}  // namespace

std::size_t choose_thread(std::span<const ThreadLoad> loads, std::size_t most) noexcept {
  const auto share = [](const ThreadLoad& load) {
    return load.share + static_cast<double>(load.added + 1) * kShareOfOne;
  };
  const auto has_room = [](const ThreadLoad& load) { return load.senders < SendThread::kMostSenders; };
  std::size_t least = loads.size();
  for (std::size_t i = 0; i < loads.size(); ++i) {
    if (!has_room(loads[i])) continue;
    if (share(loads[i]) <= kMostShare) return i;
    if (least == loads.size() || share(loads[i]) < share(loads[least])) least = i;
  }
  return loads.size() < most ? loads.size() : least;
}

SendThreads::SendThreads(Pacer& first)
    : most_(first.another() != nullptr ? std::max(1U, std::thread::hardware_concurrency()) : 1U),
      first_(first) {}

SendThreads::~SendThreads() { threads_.clear(); }

Station& SendThreads::add(std::unique_ptr<Station>&& station) {
  reap();
  const std::size_t place = free_place();
  const std::size_t index = thread_for_one_more();
  Thread& thread = *threads_[index];
  station->sender.take_place(place);
  thread.thread.add(station->sender);
  ++thread.load.senders;
  ++thread.load.added;
  Seat& seat = seats_[place];
  seat = {std::move(station), index};
  return *seat.station;
}

void SendThreads::remove(Station& station) noexcept {
  SendThread::remove(station.sender);
  reap();
}

void SendThreads::reap() noexcept {
  for (const auto& thread : threads_) {
    for (Sender* sender = thread->thread.take_returned(); sender != nullptr;) {
      Sender* const next = SenderStack::next(*sender);
      destroy(*sender);
      sender = next;
    }
  }
}

void SendThreads::destroy(const Sender& sender) noexcept {
  const auto seat = std::find_if(seats_.begin(), seats_.end(), [&](const Seat& one) {
    return one.station != nullptr && &one.station->sender == &sender;
  });
  if (seat == seats_.end()) return;
  --threads_[seat->thread]->load.senders;
  seat->station.reset();
}

std::size_t SendThreads::senders() const noexcept {
  return static_cast<std::size_t>(
      std::count_if(seats_.begin(), seats_.end(), [](const Seat& seat) { return seat.station != nullptr; }));
}

Duration SendThreads::processor_time() const noexcept {
  Duration all{};
  for (const auto& thread : threads_) all += thread->thread.processor_time();
  return all;
}

/// The first free place, so that the Senders that are there stay spread over the 20 ms.
std::size_t SendThreads::free_place() {
  const auto seat =
      std::find_if(seats_.begin(), seats_.end(), [](const Seat& one) { return one.station == nullptr; });
  const auto place = static_cast<std::size_t>(seat - seats_.begin());
  if (place == kMostSenders) throw Error(Cause::unexpected, "There are too many channels for one program.");
  if (seat == seats_.end()) seats_.emplace_back();
  return place;
}

std::size_t SendThreads::thread_for_one_more() {
  const TimePoint now = Clock::now();
  std::vector<ThreadLoad> loads;
  for (const auto& thread : threads_) {
    measure(*thread, now);
    loads.push_back(thread->load);
  }
  const std::size_t index = choose_thread(loads, most_);
  if (index < threads_.size()) return index;
  if (threads_.size() == most_) {
    throw Error(Cause::unexpected, "There are too many channels for the sender threads of this machine.");
  }
  start_thread();
  return index;
}

void SendThreads::start_thread() {
  Pacer* pacer = &first_;
  if (!threads_.empty()) pacer = pacers_.emplace_back(first_.another()).get();
  auto thread = std::make_unique<Thread>(*pacer);
  thread->measured = Clock::now();
  threads_.push_back(std::move(thread));
}

void SendThreads::measure(Thread& thread, TimePoint now) noexcept {
  const Duration time = now - thread.measured;
  if (time < kMeasureFor) return;
  const Duration processor_time = thread.thread.processor_time();
  const Duration taken = processor_time - thread.processor_time;
  thread.load.share = std::chrono::duration<double>(taken) / std::chrono::duration<double>(time);
  thread.load.added = 0;
  thread.measured = now;
  thread.processor_time = processor_time;
}

}  // namespace vcplay::send
