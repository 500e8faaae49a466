#include "channel/sender_link.hpp"

#include <sys/eventfd.h>

#include <random>
#include <utility>

#include "dave/frame_encryptor.hpp"

namespace vcplay::channel {

SenderLink::SenderLink(net::EventLoop& loop, stream::FrameLog& log, std::shared_ptr<send::SenderStats> stats,
                       send::SendThreads& threads, send::Sender::Options options, SenderLinkOwner& owner)
    : loop_(loop),
      threads_(threads),
      owner_(owner),
      waiting_station_(std::make_unique<send::Station>(log, std::move(stats), options)),
      station_(waiting_station_.get()),
      orders_(station_->inbox) {}

void SenderLink::listen() {
  if (station_ == nullptr) return;  // stopped before it was started
  readable_.emplace(loop_, station_->inbox.report_fd(), [this] { read_reports(); });
}

void SenderLink::start_stream(std::unique_ptr<PacketSink> sink, std::unique_ptr<rtp::TransportCipher> cipher,
                              std::uint32_t ssrc) {
  send::StartStream stream;
  stream.sink = std::move(sink);
  stream.cipher = std::move(cipher);
  stream.transform = std::make_unique<dave::SilenceOnly>();
  stream.hold = send::Hold::pause;
  // RFC 3550 s5.1: sequence and timestamp start at random.
  std::random_device random;
  stream.first = {.sequence = static_cast<std::uint16_t>(random()), .timestamp = random(), .ssrc = ssrc};
  has_stream_ = true;
  command(std::move(stream));
}

void SenderLink::drop_stream() {
  if (std::exchange(has_stream_, false)) command(send::DropStream{});
}

void SenderLink::command(send::SenderCommand&& order) {
  if (station_ == nullptr) return;
  orders_.post(std::move(order), loop_.now());
  if (const auto next = orders_.deadline()) orders_timer_.start_at(*next);
}

void SenderLink::hold(send::Hold hold) {
  command(send::HoldAudio{std::make_unique<dave::SilenceOnly>(), hold});
}

void SenderLink::post_waiting() {
  orders_.flush(loop_.now());
  if (orders_.are_ignored(loop_.now())) return owner_.on_sender_stuck();
  if (const auto next = orders_.deadline()) orders_timer_.start_at(*next);
}

void SenderLink::join_thread() {
  if (waiting_station_) threads_.add(std::move(waiting_station_));
}

void SenderLink::leave_thread() noexcept {
  orders_timer_.cancel();
  readable_.reset();
  const bool was_on_thread = is_on_thread();
  send::Station* const station = std::exchange(station_, nullptr);
  waiting_station_.reset();
  if (was_on_thread) threads_.remove(*station);
}

void SenderLink::read_reports() {
  send::SenderInbox& inbox = station_->inbox;
  eventfd_t count = 0;
  static_cast<void>(eventfd_read(inbox.report_fd(), &count));
  inbox.destroy_retired();
  while (station_ != nullptr) {  // the owner may leave
    const auto report = inbox.take_report();
    if (!report) return;
    owner_.on_report(*report);
  }
}

}  // namespace vcplay::channel
