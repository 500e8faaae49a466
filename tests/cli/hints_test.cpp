// Causes come from the core, the names of options from here: both are one sentence to whoever reads it.
#include "cli/hints.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "cli/option_table.hpp"

namespace vcplay::cli {
namespace {

using testing::EndsWith;

TEST(Hint, GoesOnWhereTheSentenceEnds) {
  EXPECT_EQ(with_hint(Error(Cause::removed, "The bot was removed from the voice channel.",
                            Hint::rejoin_after_kick)),
            "The bot was removed from the voice channel; --on-kick rejoin would come back.");
  EXPECT_EQ(
      with_hint(Error(Cause::token_refused, "Discord refused the token (401).", Hint::check_token)),
      "Discord refused the token (401): check DISCORD_TOKEN or the token file, or make a new token in the "
      "developer portal.");
  EXPECT_EQ(with_hint("Audio is sent without end-to-end encryption.", Hint::plaintext_is_allowed),
            "Audio is sent without end-to-end encryption, as --allow-plaintext permits.");
}

TEST(Hint, IsASentenceOfItsOwnWhereThatIsClearer) {
  EXPECT_EQ(with_hint("The token does not go there.", Hint::name_gateway),
            "The token does not go there. --gateway-url names another one.");
}

TEST(Hint, NamesTheShardThatIsMeant) {
  const Error error(Cause::not_permitted, "Guild 5 belongs to shard 1/4, not to 0/4.", Hint::use_shard,
                    {1, 4});
  EXPECT_EQ(with_hint(error), "Guild 5 belongs to shard 1/4, not to 0/4: use --shard 1/4.");
}

TEST(Hint, IsSilentWhereNothingCanBeDone) {
  EXPECT_EQ(with_hint(Error(Cause::network, "Discord closed the gateway.")), "Discord closed the gateway.");
  EXPECT_EQ(with_hint("The script says {} and %s.", Hint::none), "The script says {} and %s.");
}

TEST(Hint, NamesOptionsThatExist) {
  for (int i = 0; i <= static_cast<int>(Hint::wait_for_other_player); ++i) {
    const std::string sentence = with_hint("It failed.", static_cast<Hint>(i), {1, 2});
    EXPECT_THAT(sentence, EndsWith(".")) << i;
    for (std::size_t at = sentence.find("--"); at != std::string::npos; at = sentence.find("--", at + 2)) {
      const std::string name = sentence.substr(at, sentence.find_first_of(" .,;", at) - at);
      EXPECT_TRUE(std::any_of(option_table().begin(), option_table().end(), [&](const OptionRow& row) {
        return row.name == name;
      })) << sentence;
    }
  }
}

}  // namespace
}  // namespace vcplay::cli
