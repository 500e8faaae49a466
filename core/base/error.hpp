// Why a run ended, said once where it happened and carried to the exit status untouched.
#pragma once

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
};

/// One clear sentence for a person, and the cause that decides the exit status.
class Error : public std::runtime_error {
 public:
  Error(Cause cause, const std::string& sentence) : std::runtime_error(sentence), cause_(cause) {}
  [[nodiscard]] Cause cause() const noexcept { return cause_; }

 private:
  Cause cause_;
};

}  // namespace vcplay
