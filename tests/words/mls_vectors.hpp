// The official RFC 9420 test vectors, from the folder that VCPLAY_MLS_VECTORS names.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "mls/group.hpp"

namespace vcplay::mls::vectors {

using Json = nlohmann::json;

inline Bytes hex(const Json& text) {
  auto bytes = from_hex(text.get<std::string>());
  if (!bytes) throw std::invalid_argument("a vector holds something that is not hexadecimal");
  return std::move(*bytes);
}

inline Bytes bytes_of(const SecretBytes& secret) { return {secret.view().begin(), secret.view().end()}; }

inline PrivateKey private_key(const Json& text) {
  auto key = PrivateKey::from_scalar(hex(text));
  if (!key) throw std::invalid_argument("a vector holds a private key out of range");
  return std::move(*key);
}

template <typename T>
T from_message(const Json& text) {
  const auto message = decoded<MlsMessage>(hex(text));
  const T* const body = message.get<T>();
  if (body == nullptr) throw std::invalid_argument("a vector's message holds something else");
  return *body;
}

/// What a file is told by, whatever its name: these keys in its entries.
struct Format {
  const char* name;
  std::vector<const char*> keys;

  [[nodiscard]] bool fits(const Json& file) const {
    return file.is_array() && !file.empty() && file[0].is_object() &&
           std::all_of(keys.begin(), keys.end(), [&](const char* key) { return file[0].contains(key); });
  }
};

inline const Format kDeserialization{"deserialization", {"vlbytes_header"}};
inline const Format kTreeMath{"tree-math", {"n_leaves", "sibling"}};
inline const Format kCryptoBasics{"crypto-basics", {"ref_hash", "encrypt_with_label"}};
inline const Format kKeySchedule{"key-schedule", {"initial_init_secret", "epochs"}};
inline const Format kPskSecret{"psk_secret", {"psks", "psk_secret"}};
inline const Format kSecretTree{"secret-tree", {"sender_data", "leaves"}};
inline const Format kTranscriptHashes{"transcript-hashes", {"authenticated_content"}};
inline const Format kTreeOperations{"tree-operations", {"tree_before", "proposal"}};
inline const Format kTreeValidation{"tree-validation", {"tree", "resolutions"}};
inline const Format kTreeKem{"treekem", {"leaves_private", "update_paths"}};
inline const Format kWelcome{"welcome", {"signer_pub", "welcome"}};
inline const Format kMessages{"messages", {"mls_welcome", "private_message"}};
inline const Format kMessageProtection{"message-protection", {"proposal_pub", "membership_key"}};
inline const Format kPassiveClient{"passive-client", {"initial_epoch_authenticator"}};

inline const Format* const kAllFormats[] = {
    &kDeserialization, &kTreeMath,         &kCryptoBasics,      &kKeySchedule,    &kPskSecret,
    &kSecretTree,      &kTranscriptHashes, &kTreeOperations,    &kTreeValidation, &kTreeKem,
    &kWelcome,         &kMessages,         &kMessageProtection, &kPassiveClient};

/// The files of the folder, by name. Empty without VCPLAY_MLS_VECTORS.
inline std::vector<std::filesystem::path> files() {
  std::vector<std::filesystem::path> found;
  const char* const folder = std::getenv("VCPLAY_MLS_VECTORS");
  if (folder == nullptr || *folder == '\0') return found;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".json") found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

inline Json load(const std::filesystem::path& path) { return Json::parse(std::ifstream(path)); }

enum class Suites { ours_only, any };

/// Runs `check` on every entry of every file of this format. Entries of other cipher suites are only counted.
inline void for_each_entry(const Format& format, Suites suites,
                           const std::function<void(const Json&)>& check) {
  int run = 0;
  int not_ours = 0;
  for (const auto& path : files()) {
    const Json file = load(path);
    if (!format.fits(file)) continue;
    for (std::size_t i = 0; i < file.size(); ++i) {
      SCOPED_TRACE(path.filename().string() + " entry " + std::to_string(i));
      if (suites == Suites::ours_only && file[i].at("cipher_suite") != kCipherSuite) {
        ++not_ours;
        continue;
      }
      ++run;
      try {
        check(file[i]);
      } catch (const std::exception& e) {
        ADD_FAILURE() << e.what();
      }
    }
  }
  EXPECT_GT(run, 0) << "no entry of the format " << format.name
                    << " in the folder that VCPLAY_MLS_VECTORS names";
  std::cout << format.name << ": " << run << " entries run, " << not_ours << " of other cipher suites\n";
}

inline bool any_file_of(const Format& format) {
  const auto all = files();
  return std::any_of(all.begin(), all.end(), [&](const auto& path) { return format.fits(load(path)); });
}

}  // namespace vcplay::mls::vectors

// Visible in every run without the vectors, so that nobody takes a skipped test for a passed one.
#define VCPLAY_NEEDS_MLS_VECTORS()           \
  if (vcplay::mls::vectors::files().empty()) \
  GTEST_SKIP()                               \
      << "SKIPPED: set VCPLAY_MLS_VECTORS to a folder with the official RFC 9420 test vectors to run this"
