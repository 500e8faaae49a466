#include "words/encoder_tap.hpp"

#include <dlfcn.h>
#include <opus/opus.h>

#include <mutex>
#include <utility>

namespace vcplay::testing {
namespace {

std::mutex mutex;
bool tapping = false;
std::vector<float> tapped;

}  // namespace

EncoderTap::EncoderTap() {
  const std::scoped_lock lock(mutex);
  tapping = true;
  tapped.clear();
}

EncoderTap::~EncoderTap() {
  const std::scoped_lock lock(mutex);
  tapping = false;
}

std::vector<float> EncoderTap::take() {
  const std::scoped_lock lock(mutex);
  return std::exchange(tapped, {});
}

}  // namespace vcplay::testing

extern "C" opus_int32 opus_encode_float(OpusEncoder* encoder, const float* pcm, int samples,
                                        unsigned char* data, opus_int32 room) {
  using namespace vcplay::testing;
  {
    const std::scoped_lock lock(mutex);
    if (tapping) tapped.insert(tapped.end(), pcm, pcm + 2 * samples);
  }
  static const auto behind =
      reinterpret_cast<decltype(&opus_encode_float)>(dlsym(RTLD_NEXT, "opus_encode_float"));
  return behind(encoder, pcm, samples, data, room);
}
