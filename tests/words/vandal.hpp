// Media files as bad disks, bad lines and bad people leave them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>

namespace vcplay::testing {

/// Damages files, in the same way for the same seed on every machine.
class Vandal {
 public:
  explicit Vandal(std::uint64_t seed) : random_(seed) {}

  /// `whole` with one to three things done to it, some of them with pieces of `other`.
  [[nodiscard]] std::string damage(std::string whole, const std::string& other);
  /// What was done last: "bits flipped, a block doubled".
  [[nodiscard]] const std::string& account() const noexcept { return account_; }

 private:
  struct Place {
    std::size_t at = 0;
    std::size_t size = 0;
  };
  using Work = void (Vandal::*)(std::string&, const std::string&);

  [[nodiscard]] std::size_t draw(std::size_t count);  // 0 … count - 1
  [[nodiscard]] Place place(const std::string& bytes, std::size_t longest);
  [[nodiscard]] Place header_field(const std::string& bytes, std::size_t size);

  void flip_bits(std::string& bytes, const std::string& other);
  void overwrite(std::string& bytes, const std::string& other);
  void wipe(std::string& bytes, const std::string& other);
  void truncate(std::string& bytes, const std::string& other);
  void cut_out(std::string& bytes, const std::string& other);
  void double_block(std::string& bytes, const std::string& other);
  void swap_blocks(std::string& bytes, const std::string& other);
  void fill_field(std::string& bytes, const std::string& other);
  void make_huge(std::string& bytes, const std::string& other);
  void splice(std::string& bytes, const std::string& other);

  std::mt19937_64 random_;
  bool spares_head_ = false;
  std::string account_;
};

/// Gives every page of an Ogg file the checksum that its bytes have now: a reader would throw the page away
/// and never see what was done to it.
void mend_ogg_checksums(std::string& ogg);

}  // namespace vcplay::testing
