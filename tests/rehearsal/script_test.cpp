// Scripts of faults: how they are written, and what people are told who wrote them wrong.
#include "rehearsal/fault_script.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <regex>

#include "base/error.hpp"
#include "words/temporary_folder.hpp"

namespace vcplay::rehearsal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::TemporaryFolder;

// ── the words ──

FaultScript script(std::string_view text) { return parse_script(text); }

std::string complaint_about(std::string_view text) {
  try {
    static_cast<void>(parse_script(text));
  } catch (const Error& error) {
    EXPECT_EQ(error.cause(), Cause::usage);
    return error.what();
  }
  return "no complaint";
}

/// All ways to write `form`: with and without what is optional.
std::vector<std::string> statements_of(const FaultForm& form) {
  const auto filled_in = [](std::string text) {
    const std::pair<const char*, const char*> examples[] = {
        {"CODE", "4015"}, {"CHANNEL", "381870553235193002"},
        {"BITS", "64k"},  {"PERCENT", "5%"},
        {"COUNT", "200"}, {"BYTES", "250k"},
        {"TIME", "3s"}};
    for (const auto& [name, value] : examples) text = std::regex_replace(text, std::regex(name), value);
    return text;
  };
  const std::string pattern = form.pattern();
  return {filled_in(std::regex_replace(pattern, std::regex("[\\[\\]]"), "")),
          filled_in(std::regex_replace(pattern, std::regex(" \\[.*\\]"), ""))};
}

TEST(Script, KnowsEveryFaultByItsWordsAndSaysThemAgain) {
  std::set<FaultKind> kinds;
  for (const FaultForm& form : fault_forms()) {
    kinds.insert(form.kind);
    for (const std::string& statement : statements_of(form)) {
      const FaultScript read = script("at 2s " + statement);
      ASSERT_THAT(read, SizeIs(1)) << statement;
      EXPECT_EQ(read[0].fault.kind, form.kind) << statement;
      EXPECT_EQ(read[0].fault.flag, form.flag) << statement;
      EXPECT_EQ(to_text(read[0]), "at 2s " + statement);
    }
  }
  EXPECT_EQ(kinds.size(), static_cast<std::size_t>(FaultKind::stall) + 1) << "each kind has words";
}

TEST(Script, IsAStatementALineOrBetweenSemicolons) {
  const FaultScript read = script(
      "# a bad day\n"
      "\n"
      "at 300ms drop gateway; at 1:30 migrate  # both of them\r\n"
      "\tlose  udp 5 for 10s ;; at 0.5 close voice 4015\n"
      "kick");
  std::vector<std::string> statements;
  for (const ScriptedFault& one : read) statements.push_back(to_text(one));
  EXPECT_THAT(statements, ElementsAre("at 300ms drop gateway", "at 90s migrate", "at 0s lose udp 5% for 10s",
                                      "at 500ms close voice 4015", "at 0s kick"));
  EXPECT_THAT(script(""), IsEmpty());
  EXPECT_THAT(script(" # nothing\n;\n"), IsEmpty());
}

TEST(Script, TakesItsNumbersAsPeopleWriteThem) {
  EXPECT_EQ(script("bitrate 64k")[0].fault.number, 64'000U);
  EXPECT_EQ(script("bitrate 64000")[0].fault.number, 64'000U);
  EXPECT_EQ(to_text(script("bitrate 64001")[0].fault), "bitrate 64001");
  EXPECT_EQ(script("lose udp 7%")[0].fault.number, 7U);
  EXPECT_EQ(script("lose udp 7%")[0].fault.span, Duration::zero()) << "until the end";
  EXPECT_EQ(script("migrate")[0].fault.span, 500ms);
  EXPECT_EQ(script("migrate after 0")[0].fault.span, Duration::zero());
  EXPECT_EQ(script("move")[0].fault.number, 0U);
  EXPECT_TRUE(script("invalidate gateway resumable")[0].fault.flag);
  EXPECT_FALSE(script("invalidate gateway")[0].fault.flag);
}

TEST(Script, SaysWhereAFaultHappens) {
  for (const char* const statement :
       {"at 3s kick in 381870553235193857", "at 0s migrate in all", "at 0s migrate after 2s in all",
        "at 1s move in 81384788765712384", "at 1s move 381870553235193002 in 81384788765712384",
        "at 2s lose udp 5% for 10s in all", "at 2s drop gateway in 81384788765712384"}) {
    EXPECT_EQ(to_text(script(statement).at(0)), statement);
  }
  EXPECT_EQ(script("kick in 381870553235193857")[0].in, Snowflake{381870553235193857});
  EXPECT_FALSE(script("kick in 381870553235193857")[0].everywhere);
  EXPECT_TRUE(script("kick in all")[0].everywhere);
  EXPECT_EQ(script("kick")[0].in, Snowflake{});
}

TEST(Script, NamesTheLineThatIsWrongAndWhatWouldBeRight) {
  const std::pair<const char*, const char*> mistakes[] = {
      {"kick\n\nat 3s mgirate", "script:3: there is no fault 'mgirate'; did you mean 'migrate'?"},
      {"droop gateway", "script:1: there is no fault 'droop'; did you mean 'drop'?"},
      {"drop gatway",
       "script:1: 'drop' wants gateway or voice behind it, not 'gatway'; did you mean 'gateway'?"},
      {"drop", "script:1: 'drop' wants gateway or voice behind it."},
      {"drop tables", "script:1: 'drop' wants gateway or voice behind it, not 'tables'."},
      {"ignore voice", "script:1: 'ignore voice' wants acks behind it."},
      {"delay ack 2s", "script:1: 'delay' wants acks behind it, not 'ack'."},
      {"kick me", "script:1: 'me' is too much; a statement is 'kick'."},
      {"stall 700ms 3", "script:1: '3' is too much; a statement is 'stall TIME'."},
      {"at", "script:1: 'at' wants a time such as 3, 500ms or 1:30, not ''."},
      {"at noon kick", "script:1: 'at' wants a time such as 3, 500ms or 1:30, not 'noon'."},
      {"at -3 kick", "script:1: 'at' wants a time such as 3, 500ms or 1:30, not '-3'."},
      {"at 25:00:00 kick", "script:1: 'at' wants a time such as 3, 500ms or 1:30, not '25:00:00'."},
      {"at 3s", "script:1: 'at 3s' wants a fault behind it."},
      {"close voice", "script:1: 'close voice' wants a close code such as 4015, not ''."},
      {"close voice 15", "script:1: 'close voice' wants a close code such as 4015, not '15'."},
      {"close gateway 1006", "script:1: 'close gateway' wants a close code such as 4015, not '1006'."},
      {"move away", "script:1: 'move' wants no more than a channel's id, not 'away'."},
      {"bitrate 7k", "script:1: 'bitrate' wants 8k to 384k (bits per second), not '7k'."},
      {"bitrate 18446744073709551615k",
       "script:1: 'bitrate' wants 8k to 384k (bits per second), not '18446744073709551615k'."},
      {"lose udp 100%", "script:1: 'lose udp' wants 0% to 99%, not '100%'."},
      {"lose udp 5% 10s", "script:1: 'lose udp' wants 'for' and a time up to 1 h, not '10s'."},
      {"block udp 3s", "script:1: 'block udp' wants 'for' and a time up to 10 min, not '3s'."},
      {"block udp for", "script:1: 'block udp' wants 'for' and a time up to 10 min, not 'for'."},
      {"refuse gateway for 0", "script:1: 'refuse gateway' wants 'for' and a time up to 1 h, not 'for 0'."},
      {"stall 11s", "script:1: 'stall' wants a time up to 10 s, not '11s'."},
      {"stall", "script:1: 'stall' wants a time up to 10 s, not ''."},
      {"kick in",
       "script:1: 'in' wants the id of a channel or a guild behind it, or 'all', and nothing more, not ''."},
      {"kick in bed",
       "script:1: 'in' wants the id of a channel or a guild behind it, or 'all', and nothing more, not "
       "'bed'."},
      {"kick in all for 3s",
       "script:1: 'in' wants the id of a channel or a guild behind it, or 'all', and nothing more, not 'all "
       "for 3s'."},
      {"in all", "script:1: 'in' stands behind a fault."},
      {"at 3s in all", "script:1: 'at 3s' wants a fault behind it."},
      {"stall 3 in 81384788765712384",
       "script:1: 'stall' happens to more than one channel anyway; leave 'in 81384788765712384' away."},
      {"drop gateway in all",
       "script:1: 'drop gateway' happens to more than one channel anyway; leave 'in all' "
       "away."},
      {"\x1b[2Jkick",
       "script:1: there is no fault '\\x1b[2Jkick'; a fault begins with drop, close, reconnect, "
       "invalidate, forget, refuse, ignore, delay, rekey, flood, crowd, large, migrate, move, kick, take, "
       "mute, unmute, "
       "become, suppress, invite, delete, remove, guild, bitrate, deny, lose, block, stall."},
  };
  for (const auto& [text, complaint] : mistakes) EXPECT_EQ(complaint_about(text), complaint) << text;
}

TEST(Script, IsBounded) {
  std::string long_script;
  for (int i = 0; i < 1000; ++i) long_script += "kick\n";
  EXPECT_THAT(script(long_script), SizeIs(1000));
  EXPECT_EQ(complaint_about(long_script + "kick"), "script:1001: a script has 1000 faults at most.");
}

TEST(ScriptFile, IsReadWhole) {
  const TemporaryFolder folder;
  const std::string path = folder.write("faults.txt", "at 3s drop gateway\nat 5s kick");
  EXPECT_THAT(read_script(path), SizeIs(2));
  EXPECT_THAT(read_script(folder.write("empty.txt", "")), IsEmpty());
}

TEST(ScriptFile, IsRefusedByNameWhenItCannotBeRead) {
  const TemporaryFolder folder;
  const auto complaint = [](const std::string& path) {
    try {
      static_cast<void>(read_script(path));
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("no complaint");
  };
  EXPECT_THAT(complaint(folder.file("missing")), HasSubstr("cannot be read"));
  EXPECT_THAT(complaint(folder.file("")), HasSubstr("cannot be read")) << "a folder";
  EXPECT_THAT(complaint(folder.write("long.txt", std::string((64 << 10) + 1, '#'))), HasSubstr("64 KiB"));
  const std::string path = folder.write("wrong.txt", "kick\nkcik");
  EXPECT_EQ(complaint(path), path + ":2: there is no fault 'kcik'; did you mean 'kick'?");
}

TEST(Manual, TellsEveryFaultAsTheScriptHasIt) {
  std::ifstream page(std::string(VCPLAY_SOURCE) + "/man/vcplay.1");
  std::vector<std::string> told;
  bool inside = false;
  for (std::string line; std::getline(page, line);) {
    if (line.rfind(".Sh ", 0) == 0) inside = line == ".Sh FAULT SCRIPTS";
    if (!inside || line.rfind(".It ", 0) != 0) continue;
    line = std::regex_replace(line.substr(4), std::regex("(Cm|Ar) "), "");
    line = std::regex_replace(line, std::regex("Op (.*)"), "[$1]");
    std::string meaning;
    std::getline(page, meaning);
    told.push_back(line + ": " + meaning);
  }
  std::vector<std::string> known;
  for (const FaultForm& form : fault_forms()) {
    known.push_back(form.pattern() + ": " + std::string(form.meaning) + ".");
    char& first = known.back()[form.pattern().size() + 2];
    first = static_cast<char>(std::toupper(static_cast<unsigned char>(first)));
  }
  EXPECT_EQ(told, known);
}

TEST(Readme, ShowsAScriptThatCanBeRead) {
  std::ifstream page(std::string(VCPLAY_SOURCE) + "/README.md");
  std::string text{std::istreambuf_iterator<char>(page), {}};
  const std::size_t begin = text.find("\nat ");
  ASSERT_NE(begin, std::string::npos);
  EXPECT_THAT(script(text.substr(begin + 1, text.find("\n```", begin) - begin)), SizeIs(4));
}

}  // namespace
}  // namespace vcplay::rehearsal
