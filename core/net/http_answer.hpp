// One answer as it comes in: a head, then a body in pieces.
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

#include "net/https_client.hpp"

namespace vcplay::net {

/// Puts an answer together, whatever its pieces are; a chunk of the transfer may be several of them.
class HttpAnswer {
 public:
  static constexpr std::size_t kMostBytes = kMostBodyBytes;

  HttpAnswer() = default;
  /// `most` bytes may be in its body.
  explicit HttpAnswer(std::size_t most) noexcept : most_(most) {}

  /// What the head says; all of the body is still to come.
  void begin(HttpResponse head) { response_ = std::move(head); }
  [[nodiscard]] bool begun() const noexcept { return response_.status != 0; }
  /// False: the body has too many bytes, and `piece` is left out.
  [[nodiscard]] bool add(std::string_view piece) {
    if (piece.size() > most_ - response_.body.size()) return false;
    response_.body += piece;
    return true;
  }
  void complete() noexcept { complete_ = true; }
  [[nodiscard]] bool is_complete() const noexcept { return complete_; }

  /// All of it, or nothing but `failure` when it is not complete.
  [[nodiscard]] HttpResponse take(CloseInfo failure) {
    if (complete_) return std::move(response_);
    HttpResponse none;
    none.failure = std::move(failure);
    return none;
  }

 private:
  std::size_t most_ = kMostBytes;
  HttpResponse response_;
  bool complete_ = false;
};

}  // namespace vcplay::net
