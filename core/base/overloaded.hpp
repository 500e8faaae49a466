// For std::visit: one lambda per alternative.
#pragma once

namespace vcplay {

/// Makes one visitor of several lambdas.
template <typename... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
template <typename... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

}  // namespace vcplay
