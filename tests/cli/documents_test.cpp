// Help, man page and completions say what the program does: no option, event or exit status may drift.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "cli/events.hpp"
#include "cli/exit_status.hpp"
#include "cli/help.hpp"
#include "cli/option_table.hpp"

namespace vcplay::cli {
namespace {

using Names = std::set<std::string>;

std::string source(const std::string& name) {
  std::ifstream file(std::string(VCPLAY_SOURCE) + "/" + name);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The lines of one section of the man page.
std::vector<std::string> man_section(const std::string& title) {
  std::istringstream page(source("man/vcplay.1"));
  std::vector<std::string> lines;
  bool inside = false;
  for (std::string line; std::getline(page, line);) {
    if (line.rfind(".Sh ", 0) == 0) {
      inside = line == ".Sh " + title;
    } else if (inside) {
      lines.push_back(line);
    }
  }
  EXPECT_FALSE(lines.empty()) << title;
  return lines;
}

/// Everything in `text` that looks like an option.
Names options_in(const std::string& text) {
  static const std::regex option("(^|[^a-z0-9-])(--[a-z][a-z-]*|-[a-zA-Z])(?![a-zA-Z0-9-])");
  Names names;
  for (std::sregex_iterator at(text.begin(), text.end(), option), end; at != end; ++at)
    names.insert((*at)[2]);
  return names;
}

Names table(Verb verb) {
  Names names;
  for (const OptionRow& row : option_table()) {
    if (!row.belongs_to(verb)) continue;
    names.emplace(row.name);
    if (!row.short_name.empty()) names.emplace(row.short_name);
  }
  return names;
}

TEST(ManPage, TellsEveryOptionOfEveryVerb) {
  static const std::regex option("Fl (-?[a-zA-Z][a-z-]*)");
  Names told;
  for (const std::string& line : man_section("OPTIONS")) {
    if (line.rfind(".It ", 0) != 0) continue;
    for (std::sregex_iterator at(line.begin(), line.end(), option), end; at != end; ++at) {
      told.insert("-" + (*at)[1].str());
    }
  }
  Names known;
  for (const VerbRow& row : verb_table()) known.merge(table(row.verb));
  EXPECT_EQ(told, known);
}

TEST(ManPage, TellsWhatEachOptionTakes) {
  const std::vector<std::string> lines = man_section("OPTIONS");
  for (const OptionRow& row : option_table()) {
    const std::string name = "Fl " + std::string(row.name.substr(1));
    bool found = false;
    for (const std::string& line : lines) {
      const std::size_t at = line.rfind(name);
      if (line.rfind(".It ", 0) != 0 || at == std::string::npos) continue;
      std::string rest = line.substr(at + name.size());
      if (!rest.empty() && rest[0] != ' ') continue;  // --token is not --token-file
      found = true;
      rest = std::regex_replace(rest, std::regex(" *(Ar|Cm|Ns) *"), "");
      EXPECT_EQ(std::regex_replace(rest, std::regex(" "), ""), row.argument) << row.name;
    }
    EXPECT_TRUE(found) << row.name;
  }
}

TEST(ManPage, TellsEveryExitStatus) {
  const std::vector<std::string> lines = man_section("EXIT STATUS");
  std::vector<std::string> told;
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
    if (lines[i].rfind(".It ", 0) == 0) told.push_back(lines[i].substr(4) + " " + lines[i + 1]);
  }
  std::vector<std::string> known;
  for (const ExitStatusRow& row : exit_status_table()) {
    known.push_back(std::to_string(number(row.status)) + " " + std::string(row.sentence));
  }
  EXPECT_EQ(told, known);
}

TEST(ManPage, TellsEveryEventAndItsFields) {
  const std::vector<std::string> lines = man_section("EVENTS");
  std::vector<std::string> told;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].rfind(".It Cm ", 0) != 0) continue;
    ASSERT_LT(i + 4, lines.size());
    ASSERT_EQ(lines[i + 4].rfind(".Va ", 0), 0U) << lines[i + 4];
    told.push_back(lines[i].substr(7) + ": " + lines[i + 1] + " " + lines[i + 4].substr(4));
  }
  std::vector<std::string> known;
  for (const EventRow& row : event_table()) {
    known.push_back(std::string(row.name) + ": " + std::string(row.help) + " " + std::string(row.fields));
  }
  EXPECT_EQ(told, known);
}

TEST(ExitStatusTable, StandsInTheOrderOfItsNumbers) {
  int expected = 0;
  for (const ExitStatusRow& row : exit_status_table()) EXPECT_EQ(number(row.status), expected++);
  EXPECT_EQ(expected, 16);
}

TEST(ExitStatusTable, NamesEveryCause) {
  EXPECT_EQ(number(to_exit_status(Cause::usage)), 2);
  EXPECT_EQ(number(to_exit_status(Cause::not_permitted)), 6);
  EXPECT_EQ(number(to_exit_status(Cause::nobody_there)), 14);
  EXPECT_EQ(name(ExitStatus::token_refused), "token_refused");
  std::set<int> numbers;
  for (int cause = static_cast<int>(Cause::unexpected); cause <= static_cast<int>(Cause::some_targets);
       ++cause) {
    numbers.insert(number(to_exit_status(static_cast<Cause>(cause))));
  }
  EXPECT_EQ(numbers.size(), 15U) << "no two causes share a status";
  EXPECT_EQ(numbers.count(0), 0U);
}

TEST(ShortHelp, NamesOnlyOptionsThatExist) {
  for (const VerbRow& row : verb_table()) {
    const std::string help = short_help(row.verb);
    const std::string options = help.substr(0, help.find("Examples:"));
    Names known = table(row.verb);
    known.insert("-vv");
    for (const std::string& option : options_in(options)) EXPECT_EQ(known.count(option), 1U) << option;
    for (const std::string& option : options_in(help.substr(options.size()))) {
      const bool of_ours = option.size() > 2;  // the examples have options of other programs, too
      EXPECT_TRUE(!of_ours || known.count(option) == 1) << option;
    }
  }
}

// ── SECURITY.md ──

/// The word that comes next, behind spaces and a comma.
std::string word_at(const std::string& text, std::size_t at) {
  at = std::min(text.find_first_not_of(", \n", at), text.size());
  const std::size_t end = text.find_first_of(", )\n", at);
  return text.substr(at, end - at);
}

/// As ctest knows them: a parametrised suite goes by the name of its instance.
Names suites() {
  Names names;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(std::string(VCPLAY_SOURCE) + "/tests")) {
    if (entry.path().extension() != ".cpp") continue;
    std::ifstream file(entry.path());
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    for (const std::string macro : {"\nTEST(", "\nTEST_F(", "\nINSTANTIATE_TEST_SUITE_P("}) {
      for (std::size_t at = 0; (at = text.find(macro, at)) != std::string::npos;) {
        at += macro.size();
        const std::string first = word_at(text, at);
        const bool is_instance = macro.size() > 10;
        names.insert(is_instance ? first + "/" + word_at(text, text.find(',', at)) : first);
      }
    }
  }
  return names;
}

/// The names that each promise has behind its last dash; files and folders left out.
std::vector<Names> named_by_promises() {
  static const std::regex quoted("`([^`.]+)`");
  const std::string page = source("SECURITY.md");
  const std::size_t begin = page.find("## What is promised\n");
  const std::string promised = page.substr(begin, page.find("\n## ", begin + 1) - begin);
  std::vector<Names> promises;
  for (std::size_t at = promised.find("\n- "); at != std::string::npos;) {
    const std::size_t next = promised.find("\n- ", at + 1);
    const std::string promise = promised.substr(at, next - at);
    const std::size_t dash = promise.rfind("\u2014");
    EXPECT_NE(dash, std::string::npos) << promise;
    const std::string proof = promise.substr(std::min(dash, promise.size()));
    Names& names = promises.emplace_back();
    for (std::sregex_iterator one(proof.begin(), proof.end(), quoted), end; one != end; ++one) {
      names.insert((*one)[1]);
    }
    at = next;
  }
  return promises;
}

TEST(SecurityPage, NamesSuitesThatThereAre) {
  Names known = suites();
  known.insert("tests/fuzz");
  const std::vector<Names> promises = named_by_promises();
  EXPECT_GT(promises.size(), 25U);
  for (const Names& names : promises) {
    EXPECT_FALSE(names.empty());
    for (const std::string& name : names) EXPECT_TRUE(known.contains(name)) << name;
  }
}

/// Runs `script` in a shell that starts without anybody's configuration; nothing when there is no such shell.
std::optional<std::string> run(const std::string& shell, const std::string& script) {
  if (::system(("command -v " + shell + " >/dev/null").c_str()) != 0) return std::nullopt;
  ::setenv("VCPLAY_SCRIPT", ("cd '" + std::string(VCPLAY_SOURCE) + "/completions' && " + script).c_str(), 1);
  const std::string plain = shell == "bash" ? " --norc" : shell == "zsh" ? " -f" : " --no-config";
  std::FILE* const output = ::popen((shell + plain + " -c \"$VCPLAY_SCRIPT\"").c_str(), "r");
  std::string text;
  std::array<char, 4096> bytes;
  while (const std::size_t count = std::fread(bytes.data(), 1, bytes.size(), output))
    text.append(bytes.data(), count);
  EXPECT_EQ(::pclose(output), 0) << shell << ": " << text;
  return text;
}

class Completion : public testing::TestWithParam<Verb> {
 protected:
  const std::string verb_{verb_name(GetParam())};
};

TEST_P(Completion, OffersEveryOptionInBash) {
  const auto offered = run("bash", "source ./vcplay.bash; COMP_WORDS=(vcplay " + verb_ +
                                       " -); COMP_CWORD=2; _vcplay; printf '%s\\n' \"${COMPREPLY[@]}\"");
  if (!offered) GTEST_SKIP() << "bash is not installed";
  EXPECT_EQ(options_in(*offered), table(GetParam()));
}

TEST_P(Completion, OffersEveryOptionInZsh) {
  // In place of _arguments, which works only while somebody types: show what it would be told
  // after its own -s and -S.
  const auto offered = run(
      "zsh",
      "_arguments() { shift 2; for spec in \"$@\"; do print -r -- \"${spec%%\\[*}\"; done }; words=(vcplay " +
          verb_ + " -); CURRENT=3; source ./_vcplay");
  if (!offered) GTEST_SKIP() << "zsh is not installed";
  EXPECT_EQ(options_in(*offered), table(GetParam()));
}

TEST_P(Completion, OffersEveryOptionInFish) {
  const auto offered = run("fish", "source ./vcplay.fish; complete -C 'vcplay " + verb_ + " -' | cut -f 1");
  if (!offered) GTEST_SKIP() << "fish is not installed";
  EXPECT_EQ(options_in(*offered), table(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(OfEveryVerb, Completion,
                         testing::Values(Verb::play, Verb::rehearse, Verb::check, Verb::channels,
                                         Verb::encode),
                         [](const auto& verb) { return std::string(verb_name(verb.param)); });

TEST(BashCompletion, OffersVerbsAndValues) {
  const auto offered =
      run("bash",
          "source ./vcplay.bash; complete_words() { COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); "
          "_vcplay; echo \"${COMPREPLY[@]}\"; }; complete_words vcplay p; complete_words vcplay ch; "
          "complete_words vcplay play --speaking ''; "
          "complete_words vcplay play --speaking = s; complete_words vcplay play -c ''; "
          "complete_words vcplay play _vcp");
  if (!offered) GTEST_SKIP() << "bash is not installed";
  EXPECT_EQ(*offered, "play\ncheck channels\nmicrophone soundshare priority\nsoundshare\n\n_vcplay\n");
}

}  // namespace
}  // namespace vcplay::cli
