#include "story.hpp"

#include <algorithm>
#include <random>

/// libFuzzer's own mutation of bytes.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace vcplay::fuzz {

Story Story::read(ByteView bytes) {
  Input input(bytes);
  Story story{input.u8(), {}};
  while (!input.done() && story.steps.size() < kMaxSteps) {
    const std::uint8_t kind = input.u8();
    const ByteView body = input.take(input.u16());
    story.steps.push_back({kind, Bytes(body.begin(), body.end())});
  }
  return story;
}

Bytes Story::write() const {
  Bytes bytes = {head};
  for (const Step& step : steps) {
    const std::size_t size = std::min<std::size_t>(step.body.size(), UINT16_MAX);
    bytes.push_back(step.kind);
    bytes.push_back(static_cast<std::uint8_t>(size >> 8));
    bytes.push_back(static_cast<std::uint8_t>(size));
    bytes.insert(bytes.end(), step.body.begin(), step.body.begin() + static_cast<std::ptrdiff_t>(size));
  }
  return bytes;
}

namespace {

using Random = std::minstd_rand;

std::size_t below(std::size_t count, Random& random) { return random() % count; }
std::ptrdiff_t place(std::size_t count, Random& random) {
  return static_cast<std::ptrdiff_t>(below(count, random));
}

void mutate_body(Step& step, Random& random) {
  const std::size_t before = step.body.size();
  step.body.resize(before + 1 + below(64, random));
  step.body.resize(LLVMFuzzerMutate(step.body.data(), before, step.body.size()));
}

void mutate(Story& story, Random& random) {
  std::vector<Step>& steps = story.steps;
  const std::size_t choice = below(10, random);
  if (steps.empty() || choice == 0) {
    steps.insert(steps.begin() + place(steps.size() + 1, random), {static_cast<std::uint8_t>(random()), {}});
  } else if (choice == 1) {
    steps.erase(steps.begin() + place(steps.size(), random));
  } else if (choice == 2) {
    Step again = steps[below(steps.size(), random)];
    steps.insert(steps.begin() + place(steps.size() + 1, random), std::move(again));
  } else if (choice == 3) {
    std::swap(steps[below(steps.size(), random)], steps[below(steps.size(), random)]);
  } else if (choice == 4) {
    (below(4, random) == 0 ? story.head : steps[below(steps.size(), random)].kind) =
        static_cast<std::uint8_t>(random());
  } else {
    mutate_body(steps[below(steps.size(), random)], random);
  }
}

// Whole steps go until the rest fits.
std::size_t put(Story story, std::uint8_t* data, std::size_t max_size) {
  Bytes bytes = story.write();
  while (bytes.size() > max_size && !story.steps.empty()) {
    story.steps.pop_back();
    bytes = story.write();
  }
  bytes.resize(std::min(bytes.size(), max_size));
  std::copy(bytes.begin(), bytes.end(), data);
  return bytes.size();
}

}  // namespace
}  // namespace vcplay::fuzz

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  using namespace vcplay::fuzz;
  Random random(seed);
  Story story = Story::read({data, size});
  mutate(story, random);
  return put(std::move(story), data, max_size);
}

/// The beginning of one story and the end of another.
extern "C" std::size_t LLVMFuzzerCustomCrossOver(const std::uint8_t* first, std::size_t first_size,
                                                 const std::uint8_t* second, std::size_t second_size,
                                                 std::uint8_t* out, std::size_t max_size, unsigned seed) {
  using namespace vcplay::fuzz;
  Random random(seed);
  Story story = Story::read({first, first_size});
  const Story other = Story::read({second, second_size});
  story.steps.resize(below(story.steps.size() + 1, random));
  story.steps.insert(story.steps.end(), other.steps.begin() + place(other.steps.size() + 1, random),
                     other.steps.end());
  return put(std::move(story), out, max_size);
}
