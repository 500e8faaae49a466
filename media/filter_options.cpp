#include "media/filter_options.hpp"

#include <cstdint>
#include <string_view>

#include "media/ffmpeg.hpp"

namespace vcplay::media {
namespace {

bool is_set(void* filter, const char* option) {
  std::uint8_t* text = nullptr;
  if (av_opt_get(filter, option, 0, &text) < 0 || text == nullptr) return false;
  const bool is_empty = *text == 0;
  av_free(text);
  return !is_empty;
}

}  // namespace

bool names_a_file(void* filter) {
  const AVOption* option = nullptr;
  while ((option = av_opt_next(filter, option)) != nullptr) {
    const bool is_for_a_file = option->type == AV_OPT_TYPE_STRING &&
                               std::string_view(option->name).find("file") != std::string_view::npos;
    if (is_for_a_file && is_set(filter, option->name)) return true;
  }
  return false;
}

void keep_in_bounds(void* dynaudnorm) {
  constexpr double kLeastOverlap = 0.01;
  double overlap = 0;
  if (av_opt_get_double(dynaudnorm, "overlap", 0, &overlap) < 0 || overlap >= kLeastOverlap) return;
  av_opt_set_double(dynaudnorm, "overlap", kLeastOverlap, 0);
}

}  // namespace vcplay::media
