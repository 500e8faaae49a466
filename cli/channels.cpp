#include "cli/channels.hpp"

#include "base/log.hpp"
#include "cli/checks.hpp"
#include "cli/guild_survey.hpp"
#include "cli/output.hpp"
#include "cli/setup.hpp"
#include "cli/signals.hpp"
#include "cli/status_line.hpp"
#include "cli/token.hpp"

namespace vcplay::cli {

RunResult channels(const Options& options) {
  const auto only = options.guild;
  GuildSurvey survey(api_url_of(options), find_token(options), only);
  Signals signals;  // before any thread
  if (const auto signal = survey.run(options.ca_file, signals))
    return {.error = std::nullopt, .signal = signal};
  if (survey.error()) return {.error = survey.error(), .signal = std::nullopt};
  const std::string text = options.json
                               ? to_json_line(survey.guilds(), survey.me(), utc_now())
                               : to_table(survey.guilds(), survey.me().id, utc_now(), style_of_output());
  if (const auto signal = write_output(text, signals)) return {.error = std::nullopt, .signal = signal};
  if (survey.guilds().empty()) {
    log::warning(
        "The bot is in no guild yet: invite it by the OAuth2 URL Generator of the developer portal.");
  }
  return {};
}

}  // namespace vcplay::cli
