#include "channel/sender_link.hpp"

#include <sys/eventfd.h>

#include <random>
#include <utility>

#include "dave/frame_encryptor.hpp"

namespace vcplay::channel {

SenderLink::SenderLink(net::EventLoop& loop, FrameQueue& queue, send::SenderStats& stats, send::Pacer& pacer,
                       send::Sender::Options options, SenderLinkOwner& owner)
    : loop_(loop), pacer_(pacer), owner_(owner), sender_(queue, inbox_, stats, options) {}

void SenderLink::listen() {
  readable_.emplace(loop_, inbox_.report_fd(), [this] { read_reports(); });
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

void SenderLink::start_thread() {
  if (!thread_) thread_.emplace(sender_, pacer_);
}

void SenderLink::stop_thread() {
  orders_timer_.cancel();
  thread_.reset();
}

void SenderLink::read_reports() {
  eventfd_t count = 0;
  static_cast<void>(eventfd_read(inbox_.report_fd(), &count));
  inbox_.destroy_retired();
  while (const auto report = inbox_.take_report()) owner_.on_report(*report);
}

}  // namespace vcplay::channel
