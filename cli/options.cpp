#include "cli/options.hpp"

#include <fmt/core.h>
#include <string.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "base/error.hpp"
#include "base/spelling.hpp"
#include "base/text.hpp"
#include "cli/help.hpp"
#include "cli/option_rules.hpp"
#include "cli/option_table.hpp"
#include "cli/other_words.hpp"
#include "cli/value_words.hpp"

namespace vcplay::cli {
namespace {

using Words = std::vector<std::string>;

/// argv without --token and its value; the value goes into `token` and its bytes in argv are overwritten,
/// before anything else copies them.
Words take_words(int argc, char** argv, SecretString& token) {
  constexpr std::string_view kToken = "--token";
  Words words;
  bool options_end = false;
  const auto keep_and_wipe = [&token](char* value) {
    token = SecretString(value);
    ::memset(value, '*', ::strlen(value));
  };
  for (int i = 2; i < argc; ++i) {
    const std::string_view word = argv[i];
    options_end = options_end || word == "--";
    if (options_end || word.substr(0, kToken.size()) != kToken) {
      words.emplace_back(word);
    } else if (word == kToken && i + 1 < argc) {
      keep_and_wipe(argv[++i]);
    } else if (word.size() > kToken.size() && word[kToken.size()] == '=') {
      keep_and_wipe(argv[i] + kToken.size() + 1);
    } else {
      words.emplace_back(word);
    }
  }
  return words;
}

/// One option of the table, as CLI11 knows it.
struct Bound {
  const OptionRow* row;
  CLI::Option* option;
};

std::vector<Bound> bind_table(CLI::App& app, Verb verb) {
  std::vector<Bound> bound;
  for (const OptionRow& row : option_table()) {
    if (!row.belongs_to(verb)) continue;
    const std::string names =
        row.short_name.empty() ? std::string(row.name) : fmt::format("{},{}", row.short_name, row.name);
    CLI::Option* option = nullptr;
    if (row.argument.empty()) {
      option = app.add_flag(names)->disable_flag_override();
    } else {
      option = app.add_option(names)->expected(1)->take_last();
    }
    bound.push_back({&row, option});
  }
  return bound;
}

const OptionRow* find_row(std::string_view name) {
  for (const OptionRow& row : option_table()) {
    if (row.name == name || (!row.short_name.empty() && row.short_name == name)) return &row;
  }
  return nullptr;
}

/// The first verb that has this option.
std::string_view owner_of(const OptionRow& option) {
  for (const VerbRow& row : verb_table()) {
    if (option.belongs_to(row.verb)) return row.name;
  }
  return {};
}

[[noreturn]] void refuse_unknown(std::string_view word, Verb verb) {
  const std::string_view name = word.substr(0, word.find('='));
  if (const OptionRow* const row = find_row(name); row != nullptr && !row->belongs_to(verb)) {
    refuse("{} belongs to 'vcplay {}'.", name, owner_of(*row));
  }
  if (const auto ours = option_elsewhere(name))
    refuse("There is no option {}; did you mean {}?", shown(word), *ours);
  std::vector<std::string_view> known;
  for (const OptionRow& row : option_table()) {
    if (row.belongs_to(verb)) known.push_back(row.name);
  }
  if (const auto nearest = nearest_spelling(name, known)) {
    // What stands behind it may be the token.
    refuse("There is no option {}; did you mean {}?", shown(*nearest == "--token" ? name : word), *nearest);
  }
  refuse("There is no option {}; a MEDIA that begins with '-' goes after '--'.", shown(word));
}

/// True for an option without its value, which is the next word.
bool wants_next(std::string_view word) {
  const OptionRow* const row = find_row(word);
  return row != nullptr && !row->argument.empty();
}

/// "-volume" would be read as "-v" and five more, and ffmpeg's "-vn" as "-v" and "-n": say what was meant.
void refuse_single_dashes(const Words& words, Verb verb) {
  for (std::size_t i = 0; i < words.size() && words[i] != "--"; ++i) {
    const std::string& word = words[i];
    const std::string name = word.substr(0, word.find('='));
    const bool single_dash = name.size() > 2 && name[0] == '-' && name[1] != '-';
    const bool is_elsewhere = !(i > 0 && wants_next(words[i - 1])) && option_elsewhere(name);
    if (single_dash && (find_row("-" + name) != nullptr || is_elsewhere)) refuse_unknown(word, verb);
  }
}

/// "--title=" is an empty value, as for everybody; CLI11 would take the next word instead.
void part_empty_values(Words& words) {
  for (std::size_t i = 0; i < words.size() && words[i] != "--"; ++i) {
    std::string& word = words[i];
    if (word.size() < 4 || word.compare(0, 2, "--") != 0 || word.back() != '=') continue;
    const OptionRow* const row = find_row(std::string_view(word).substr(0, word.size() - 1));
    if (row == nullptr || row->argument.empty()) continue;
    word.pop_back();
    words.emplace(words.begin() + static_cast<std::ptrdiff_t>(i) + 1);
  }
}

/// CLI11 says "--volume: 1 required TEXT missing" and the like; the name is all that we take from it.
[[noreturn]] void refuse_mismatch(const CLI::ParseError& error) {
  const std::string text = error.what();
  const std::string name = text.substr(0, text.find_first_of(": "));
  const OptionRow* const row = find_row(name[0] == '-' ? name : "--" + name);
  if (row == nullptr) refuse("{}", display_safe(text));
  if (row->argument.empty()) refuse("{} takes no value.", row->name);
  refuse("{} needs a value: {} {}.", row->name, row->name, row->argument);
}

/// Splits what is no option of the table into MEDIA and mistakes.
Words media_of(const Words& rest, Verb verb) {
  Words media;
  bool options_end = false;
  for (const std::string& word : rest) {
    if (!options_end && word == "--") {
      options_end = true;
      continue;
    }
    if (!options_end && word.size() > 1 && word[0] == '-') refuse_unknown(word, verb);
    if (word.empty()) refuse("One MEDIA is an empty word; is a variable in your script unset?");
    media.push_back(word);
  }
  if (std::count(media.begin(), media.end(), "-") > 1)
    refuse("'-' (standard input) can be played only once.");
  return media;
}

/// What --help, --help-all and --version ask for, whatever else stands on the line.
std::optional<ParseOutcome> answer(const std::vector<Bound>& bound, Verb verb) {
  const auto given = [&bound](std::string_view name) {
    return std::any_of(bound.begin(), bound.end(),
                       [name](const Bound& b) { return b.row->name == name && b.option->count() > 0; });
  };
  ParseOutcome outcome;
  if (given("--help-all")) {
    outcome.output = full_help(verb);
  } else if (given("--help")) {
    outcome.output = short_help(verb);
  } else if (given("--version")) {
    outcome.version = true;
  } else {
    return std::nullopt;
  }
  return outcome;
}

void apply(const Bound& bound, Draft& draft) {
  if (bound.row->apply == nullptr) return;
  if (bound.row->argument.empty()) {
    for (std::size_t i = 0; i < bound.option->count(); ++i) bound.row->apply(draft, {});
  } else if (bound.option->count() > 0) {
    const std::vector<std::string> values = bound.option->results();
    for (auto value = bound.row->is_repeated ? values.begin() : std::prev(values.end());
         value != values.end(); ++value) {
      bound.row->apply(draft, *value);
    }
  }
}

ParseOutcome parse_verb(Verb verb, int argc, char** argv) {
  Draft draft;
  draft.options.verb = verb;
  draft.options.media.resize(1);
  Words words = take_words(argc, argv, draft.options.token);
  refuse_single_dashes(words, verb);
  part_empty_values(words);

  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  const std::vector<Bound> bound = bind_table(app, verb);
  std::reverse(words.begin(), words.end());  // the order that CLI11 wants
  try {
    app.parse(std::move(words));
  } catch (const CLI::ParseError& error) {
    refuse_mismatch(error);
  }
  if (auto outcome = answer(bound, verb)) return std::move(*outcome);
  // MEDIA is what remains, not an option of CLI11's: that would take a file named "[a,b]" for a list.
  const Words media = media_of(app.remaining(), verb);
  for (const Bound& one : bound) apply(one, draft);
  settle(draft, media);
  ParseOutcome outcome;
  outcome.options = std::move(draft.options);
  return outcome;
}

ParseOutcome complain(const std::string& sentence, std::string_view command) {
  ParseOutcome outcome;
  outcome.complaint = fmt::format("vcplay: {}\nTry '{} --help'.\n", sentence, command);
  outcome.status = ExitStatus::usage;
  return outcome;
}

/// "'play', 'rehearse' or 'check'".
std::string verbs_in_words() {
  std::string words;
  const auto verbs = verb_table();
  for (std::size_t i = 0; i < verbs.size(); ++i) {
    words += fmt::format("{}'{}'", i == 0 ? "" : i + 1 < verbs.size() ? ", " : " or ", verbs[i].name);
  }
  return words;
}

const VerbRow* find_verb(std::string_view word) {
  for (const VerbRow& row : verb_table()) {
    if (row.name == word) return &row;
  }
  return nullptr;
}

ParseOutcome without_verb(std::string_view word) {
  ParseOutcome outcome;
  if (word == "--help" || word == "-h") {
    outcome.output = overview();
    return outcome;
  }
  if (word == "--help-all") {
    for (const VerbRow& row : verb_table()) outcome.output += full_help(row.verb) + '\n';
    return outcome;
  }
  if (word == "--version" || word == "-V" || word == "version") {
    outcome.version = true;
    return outcome;
  }
  if (word.empty()) return complain(fmt::format("Say what to do: {}.", verbs_in_words()), "vcplay");
  std::vector<std::string_view> verbs;
  for (const VerbRow& row : verb_table()) verbs.push_back(row.name);
  const bool is_option = word.front() == '-' && word != "-";
  if (!is_option && looks_like_media(word)) {
    return complain(
        fmt::format("There is no verb {}; did you mean 'vcplay play {}'?", shown(word), display_safe(word)),
        "vcplay");
  }
  if (word == "-v") {
    return complain("-v (more words) stands behind a verb, such as vcplay play -v; -V tells the version.",
                    "vcplay");
  }
  if (is_option) {
    const std::string_view name = word.substr(0, word.find('='));
    const auto nearest = nearest_spelling(name, {"--version", "--help", "--help-all"});
    if (nearest && find_row(name) == nullptr)
      return complain(fmt::format("There is no option {}; did you mean {}?", shown(name), *nearest),
                      "vcplay");
    return complain(fmt::format("The first word is {}, and options stand behind it: vcplay play {} …",
                                verbs_in_words(), display_safe(name)),
                    "vcplay");
  }
  auto nearest = verb_elsewhere(word);
  if (!nearest) nearest = nearest_spelling(word, verbs);
  return complain(nearest ? fmt::format("There is no verb {}; did you mean {}?", shown(word), *nearest)
                          : fmt::format("The first word is {}, not {}.", verbs_in_words(), shown(word)),
                  "vcplay");
}

/// `vcplay help`, perhaps with a verb. Help about help is the same.
ParseOutcome help_with(std::string_view word) {
  const VerbRow* const verb = find_verb(word);
  const bool is_general = word.empty() || word == "help" || word == "version" || word == "-v";
  if (verb == nullptr) return without_verb(is_general ? "--help" : word);
  ParseOutcome outcome;
  outcome.output = short_help(verb->verb);
  return outcome;
}

}  // namespace

ParseOutcome parse(int argc, char** argv) {
  const std::string_view word = argc > 1 ? argv[1] : "";
  if (word == "help") return help_with(argc > 2 ? argv[2] : "");
  const VerbRow* const verb = find_verb(word);
  if (verb == nullptr) return without_verb(word);
  try {
    return parse_verb(verb->verb, argc, argv);
  } catch (const Error& error) {
    return complain(error.what(), fmt::format("vcplay {}", verb->name));
  }
}

std::string_view version() noexcept { return VCPLAY_VERSION; }

std::string version_text(const std::vector<std::string>& libraries) {
  std::string text = fmt::format("vcplay {}\n", version());
  for (const std::string& library : libraries) text += fmt::format("  {}\n", library);
  return text + fmt::format("  CLI11 {}\n", CLI11_VERSION);
}

}  // namespace vcplay::cli
