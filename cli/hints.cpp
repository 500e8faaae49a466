#include "cli/hints.hpp"

#include <fmt/format.h>

namespace vcplay::cli {
namespace {

/// What follows the sentence, in place of its full stop unless it begins with a space.
std::string_view tail_of(Hint hint) noexcept {
  switch (hint) {
    case Hint::none:
      return "";
    case Hint::check_token:
      return ": check DISCORD_TOKEN or the token file, or make a new token in the developer portal.";
    case Hint::copy_token_again:
      return ": check DISCORD_TOKEN or the token file.";
    case Hint::check_api_address:
      return ": check --api-url.";
    case Hint::check_id_or_api_address:
      return ": check the id and --api-url.";
    case Hint::check_guild:
      return "; check --guild.";
    case Hint::check_channel:
      return "; check --channel.";
    case Hint::check_guild_and_channel:
      return "; check --guild and --channel.";
    case Hint::name_one_guild:
      return ": name one of them with --guild.";
    case Hint::name_gateway:
      return " --gateway-url names another one.";
    case Hint::name_api:
      return "; give --api-url beside --gateway-url.";
    case Hint::use_shard:
      return ": use --shard {}/{}.";
    case Hint::choose_shard:
      return ": give one that exists with --shard I/N.";
    case Hint::use_more_shards:
      return ": use --shard I/N, or leave --gateway-url away so that Discord says how many.";
    case Hint::trust_authority:
      return "; a proxy's own authority can be added with --ca-file.";
    case Hint::allow_plaintext:
      return "; --allow-plaintext would play it all the same.";
    case Hint::acknowledge_plaintext:
      return "; --allow-plaintext says that you know.";
    case Hint::plaintext_is_allowed:
      return ", as --allow-plaintext permits.";
    case Hint::follow_moves:
      return "; --on-move follow would play there.";
    case Hint::rejoin_after_kick:
      return "; --on-kick rejoin would come back.";
    case Hint::play_alone:
      return "; --when-alone play would play on.";
    case Hint::wait_for_other_player:
      return "; stop it, or have this one wait for its end with --if-busy wait.";
  }
  return "";
}

}  // namespace

std::string with_hint(std::string_view sentence, Hint hint, Error::Numbers numbers) {
  const std::string_view tail = tail_of(hint);
  if (!tail.empty() && tail.front() != ' ' && !sentence.empty() && sentence.back() == '.') {
    sentence.remove_suffix(1);
  }
  return fmt::format("{}{}", sentence, fmt::format(fmt::runtime(tail), numbers[0], numbers[1]));
}

std::string with_hint(const Error& error) { return with_hint(error.what(), error.hint(), error.numbers()); }

}  // namespace vcplay::cli
