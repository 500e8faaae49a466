// Why a run ended, said once where it happened and carried to the exit status untouched.
#pragma once

#include <array>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace vcplay {

/// What went wrong, in the terms of the documented exit statuses (cli/exit_status.hpp maps one to one).
enum class Cause {
  unexpected,       // a failure that none of the others names
  usage,            // the command line was wrong
  no_media,         // nothing could be played
  some_media,       // some media failed, the rest played
  token_refused,    // Discord refused the token
  not_permitted,    // permission missing, channel or guild unknown, or channel full
  network,          // Discord could not be reached or was lost for good
  removed,          // removed from the channel
  encryption,       // end-to-end encryption failed or is required
  busy,             // another vcplay plays in this guild with this bot
  identify_budget,  // the day's identifies are used up
  rehearsal_fault,  // the rehearsal found faults
  output,           // output could not be written
  nobody_there,     // nobody was there to listen
  some_targets,     // some channels failed, others heard it
};

/// What whoever started the run could do about it. The core knows no option's name: `cli`
/// adds the words (cli/hints.hpp).
enum class Hint : std::uint8_t {
  none,
  check_token,              // or make a new one
  copy_token_again,         // what was given can be none
  check_api_address,        // there is something else at it
  check_id_or_api_address,  // or there is nothing at it
  check_guild,              // the channel is in another one
  check_channel,            // there is none with this id
  check_guild_and_channel,  // one of the two ids is wrong
  name_one_guild,           // there are too many to look at
  name_gateway,             // the one that was found is not believed
  name_api,                 // without it this cannot be asked for
  use_shard,                // of the numbers: id and count
  choose_shard,             // the one that was given does not exist
  use_more_shards,          // or let Discord say how many
  trust_authority,          // the certificate may be of a proxy's own authority
  allow_plaintext,          // it would be played without end-to-end encryption
  acknowledge_plaintext,    // it is, and whoever knows can say so
  plaintext_is_allowed,     // it is, because that was allowed
  follow_moves,             // it would play in the other channel
  rejoin_after_kick,        // it would come back
  play_alone,               // it would play on where nobody is
  wait_for_other_player,    // it would play when the other one has ended
};

/// One clear sentence for a person, the cause that decides the exit status, and what could be done about it.
class Error : public std::runtime_error {
 public:
  using Numbers = std::array<int, 2>;  // of a hint that needs them

  Error(Cause cause, const std::string& sentence, Hint hint = Hint::none, Numbers numbers = {})
      : std::runtime_error(sentence), cause_(cause), hint_(hint), numbers_(numbers) {}
  [[nodiscard]] Cause cause() const noexcept { return cause_; }
  [[nodiscard]] Hint hint() const noexcept { return hint_; }
  [[nodiscard]] Numbers numbers() const noexcept { return numbers_; }

 private:
  Cause cause_;
  Hint hint_;
  Numbers numbers_;
};

}  // namespace vcplay
