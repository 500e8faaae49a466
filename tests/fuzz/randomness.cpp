#define OPENSSL_SUPPRESS_DEPRECATED  // the one way to replace its randomness for a whole process

#include "randomness.hpp"

#include <openssl/rand.h>

#include "target.hpp"

namespace vcplay::fuzz {
namespace {

std::uint64_t state = 0;

// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators").
std::uint64_t next() noexcept {
  state += 0x9e3779b97f4a7c15;
  std::uint64_t mixed = state;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
  return mixed ^ (mixed >> 31);
}

int fill(unsigned char* bytes, int count) {
  for (int i = 0; i < count; ++i) bytes[i] = static_cast<unsigned char>(next() >> 56);
  return 1;
}
int is_seeded() { return 1; }

constexpr RAND_METHOD kMethod = {nullptr, fill, nullptr, nullptr, fill, is_seeded};

}  // namespace

void seed_randomness(std::uint64_t seed) noexcept {
  static const bool replaced = RAND_set_rand_method(&kMethod) == 1;
  must_hold(replaced, "OpenSSL takes another source of randomness");
  state = seed;
}

}  // namespace vcplay::fuzz
