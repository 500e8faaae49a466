// What a soak is told to do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace vcplay::soak {

struct Orders {
  std::uint64_t seed = 0;
  Duration length = std::chrono::minutes(1);
  std::size_t channels = 3;
  bool prints_script = false;
  bool tells_all = false;
  Duration programs = std::chrono::minutes(1);  // 0: none
  Duration only_readers{};                      // 0: everything else
};

/// From the command line; nothing when it cannot be understood. The seed is random unless it is named.
[[nodiscard]] std::optional<Orders> read_orders(const std::vector<std::string_view>& words);
/// To standard error.
void print_usage();

}  // namespace vcplay::soak
