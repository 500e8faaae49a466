// What README, the fleet's page, the man page and the help tell people to type is what the program takes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/help.hpp"
#include "cli/option_table.hpp"
#include "words/command_line.hpp"
#include "words/temporary_folder.hpp"

namespace vcplay::cli {
namespace {

using test::Words;

std::string page(const std::string& name) {
  std::ifstream file(std::string(VCPLAY_SOURCE) + "/" + name);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The words of a shell's command from its beginning to where the command ends.
Words words_of(std::string_view text) {
  Words words;
  std::optional<std::string> word;
  char quote = 0;
  for (const char c : text) {
    if (quote == 0 && std::string_view("|;&)<>`\n").find(c) != std::string_view::npos) break;
    if (quote == 0 && c == '#' && !word) break;
    if (quote == 0 && c == ' ') {
      if (word) words.push_back(*word);
      word.reset();
    } else if (c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
      word.emplace(word.value_or(""));
    } else {
      word.emplace(word.value_or("") + c);
    }
  }
  if (word) words.push_back(*word);
  return words;
}

/// Each "vcplay VERB …" in `text`, as words from the verb on. A verb that is only named, without any words of
/// its own, is left out; `vcplay channels` is a command as it stands.
std::vector<Words> commands_in(std::string text) {
  text = std::regex_replace(text, std::regex("\\\\e?\n *"), "");  // lines that go on; "\e" is the man page's
  static const std::regex command("(^|[^a-z-])vcplay ((play|rehearse|check|channels|encode)(?![a-z]).*)");
  std::vector<Words> all;
  for (std::sregex_iterator at(text.begin(), text.end(), command), end; at != end; ++at) {
    Words words = words_of((*at)[2].str());
    if (words.size() > 1 || words.front() == "channels") all.push_back(std::move(words));
  }
  return all;
}

class Recipe : public test::CommandLine {
 protected:
  /// Puts what a person would have in place of LINK, GUILD/CHANNEL and a file of targets.
  Words filled_in(Words words) {
    int links = 0;
    for (std::size_t i = 0; i < words.size(); ++i) {
      std::string& word = words[i];
      if (word == "LINK" || word.ends_with("/GUILD/CHANNEL")) {
        const std::string number = std::to_string(++links);  // each is another channel of another guild
        word = "https://discord.com/channels/8138478876571238" + number + "/38187055323519385" + number;
      }
      if (i > 0 && words[i - 1] == "--targets") word = folder_.write("targets", test::kLink + "\n");
    }
    return words;
  }
  void expect_taken(const std::string& text, std::size_t least) {
    const std::vector<Words> commands = commands_in(text);
    EXPECT_GE(commands.size(), least);
    for (const Words& command : commands) {
      const ParseOutcome outcome = type(filled_in(command));
      std::string line;
      for (const std::string& word : command) line += ' ' + word;
      EXPECT_EQ(outcome.complaint, "") << "vcplay" << line;
      EXPECT_TRUE(outcome.options || !outcome.output.empty()) << "vcplay" << line;
    }
  }

  testing::TemporaryFolder folder_;
};

TEST_F(Recipe, OfReadmeIsTaken) { expect_taken(page("README.md"), 30); }

TEST_F(Recipe, OfTheFleetsPageIsTaken) { expect_taken(page("FLEET.md"), 0); }

TEST_F(Recipe, OfTheManPageIsTaken) {
  ::setenv("VCPLAY_CHANNEL", test::kLink.c_str(), 1);
  const std::string whole = page("man/vcplay.1");
  expect_taken(whole.substr(whole.find(".Sh EXAMPLES")), 7);
}

TEST_F(Recipe, OfTheHelpIsTaken) {
  for (const VerbRow& row : verb_table()) {
    const std::string help = short_help(row.verb);
    expect_taken(help.substr(help.find("Examples:")), 2);
  }
}

TEST_F(Recipe, ThatIsWrongWouldBeFound) {
  const std::vector<Words> commands = commands_in("a | vcplay play -c LINK --af 'a b' x \\\n  y | z\n");
  ASSERT_EQ(commands.size(), 1U);
  EXPECT_EQ(commands[0], (Words{"play", "-c", "LINK", "--af", "a b", "x", "y"}));
  EXPECT_EQ(commands_in("vcplay plays audio; a vcplay-play; vcplay check").size(), 0U);
  EXPECT_NE(type({"play", "-c", test::kLink, "--no-such-option", "a"}).complaint, "");
}

}  // namespace
}  // namespace vcplay::cli
