// Callbacks that reach their owner only for as long as it lives.
#pragma once

#include <memory>
#include <utility>

namespace vcplay {

/// Is a member of whoever is called back later by somebody who may outlive it. One thread.
class Lifetime {
 public:
  Lifetime() = default;
  Lifetime(const Lifetime&) = delete;
  Lifetime& operator=(const Lifetime&) = delete;

  /// `callback`, which does nothing any more once this Lifetime is over.
  template <class Callback>
  [[nodiscard]] auto bound(Callback callback) const {
    return [alive = std::weak_ptr<const char>(alive_),
            callback = std::move(callback)](auto&&... arguments) mutable {
      if (!alive.expired()) callback(std::forward<decltype(arguments)>(arguments)...);
    };
  }

 private:
  std::shared_ptr<const char> alive_ = std::make_shared<const char>('\0');
};

}  // namespace vcplay
