// Actions that wait to be carried out.
#pragma once

#include <cstddef>
#include <deque>
#include <utility>
#include <vector>

namespace vcplay {

/// Carries actions out one after the other, never one inside of another. What an action brings about comes
/// next, before what waited behind it. One thread.
template <class Action>
class ActionQueue {
 public:
  /// Puts it behind what the present action has brought about so far.
  void add(Action action) {
    waiting_.insert(waiting_.begin() + static_cast<std::ptrdiff_t>(next_), std::move(action));
    ++next_;
  }
  template <class Some>
  void add_all(std::vector<Some> actions) {
    for (Some& action : actions) add(Action(std::move(action)));
  }

  /// Carries out all that wait, and those that are added meanwhile. Whenever none is left it calls `settle`,
  /// which may add more. Called from inside of itself it does nothing. What `carry_out` throws comes out of
  /// it; the actions that still wait then are left to the next drain().
  template <class CarryOut, class Settle>
  void drain(CarryOut&& carry_out, Settle&& settle) {
    if (is_draining_) return;
    const Draining draining(*this);
    do {
      while (!waiting_.empty()) {
        Action action = std::move(waiting_.front());
        waiting_.pop_front();
        next_ = 0;
        carry_out(action);
      }
      settle();
    } while (!waiting_.empty());
  }

 private:
  struct Draining {
    explicit Draining(ActionQueue& queue) : self(queue) { self.is_draining_ = true; }
    ~Draining() {
      self.is_draining_ = false;
      self.next_ = self.waiting_.size();
    }
    Draining(const Draining&) = delete;
    Draining& operator=(const Draining&) = delete;
    ActionQueue& self;
  };

  std::deque<Action> waiting_;
  std::size_t next_ = 0;  // where the next one is put
  bool is_draining_ = false;
};

}  // namespace vcplay
