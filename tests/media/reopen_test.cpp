// Named pipes: with --reopen one writer may follow the other, without it the first is the only one.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>

#include "words/read_log.hpp"
#include "words/shelf.hpp"
#include "words/temporary_folder.hpp"
#include "words/wait.hpp"

namespace vcplay::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::SizeIs;

class Reopen : public ::testing::Test {
 protected:
  Reopen() {
    if (::mkfifo(fifo_.c_str(), 0600) != 0) throw std::runtime_error("no named pipe");
  }
  /// What `echo` and its kin do: open, write, close.
  void write(const std::string& bytes) const {
    const int fd = ::open(fifo_.c_str(), O_WRONLY | O_CLOEXEC);
    ASSERT_GE(fd, 0);
    ASSERT_EQ(::write(fd, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    ::close(fd);
  }
  const TemporaryFolder folder_;
  const std::string fifo_ = folder_.file("fifo");
  ReadLog queue_{1'024};
  Witness witness_;
};

TEST_F(Reopen, WaitsForOneWriterAfterTheOther) {
  media::Pipeline pipeline({word(fifo_)}, with({.reopen = true}), queue_, witness_);
  pipeline.start();
  for (std::uint32_t writer = 0; writer < 4; ++writer) {
    write(tone());
    // All of it comes out at once: the next writer may not come before tomorrow.
    for (std::size_t frame = 0; frame < kFramesOfATone; ++frame) {
      const OpusFrame* const next = next_frame(queue_);
      ASSERT_NE(next, nullptr);
      EXPECT_EQ(next->track, writer);
      queue_.pop();
    }
    ASSERT_NE(next_frame(queue_), nullptr);
    queue_.pop();  // the encoder's delay
  }
  pipeline.stop();
  EXPECT_TRUE(witness_.wait_for_end());
  EXPECT_THAT(witness_.tracks, SizeIs(4));
}

TEST_F(Reopen, SurvivesAWriterOfGarbage) {
  media::Pipeline pipeline({word(fifo_)}, with({.reopen = true}), queue_, witness_);
  pipeline.start();
  write("Buy milk.");
  ASSERT_TRUE(witness_.wait_for_results(1));
  write(tone());
  ASSERT_TRUE(witness_.wait_for_results(2));
  pipeline.stop();
  EXPECT_TRUE(witness_.wait_for_end());
  EXPECT_NE(witness_.results.at(0).error, "");
  EXPECT_EQ(witness_.results.at(1).error, "");
}

TEST_F(Reopen, EndsWhenThePipeIsGone) {
  media::Pipeline pipeline({word(fifo_)}, with({.reopen = true}), queue_, witness_);
  pipeline.start();
  const int writer = ::open(fifo_.c_str(), O_WRONLY | O_CLOEXEC);
  ASSERT_GE(writer, 0);
  fs::remove(fifo_);
  ASSERT_EQ(::write(writer, tone().data(), tone().size()), static_cast<ssize_t>(tone().size()));
  ::close(writer);
  EXPECT_TRUE(witness_.wait_for_end());
  EXPECT_THAT(witness_.results, SizeIs(1));
}

TEST(WithoutReopen, ANamedPipeEndsWithItsWriter) {
  const TemporaryFolder folder;
  const std::string fifo = folder.file("fifo");
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  std::thread writer([&] { std::ofstream(fifo, std::ios::binary) << tone(); });
  EXPECT_THAT(play(fifo).results, SizeIs(1));
  writer.join();
}

}  // namespace
}  // namespace vcplay::testing
