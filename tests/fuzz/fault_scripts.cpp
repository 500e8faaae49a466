// Scripts of faults, and times as people write them: what is read is written again as the same.
#include "rehearsal/fault_script.hpp"

#include "base/error.hpp"
#include "base/time_text.hpp"
#include "shown.hpp"
#include "target.hpp"

namespace vcplay::fuzz {
namespace {

using namespace rehearsal;

bool same(const ScriptedFault& a, const ScriptedFault& b) {
  return a.at == b.at && a.fault.kind == b.fault.kind && a.fault.number == b.fault.number &&
         a.fault.span == b.fault.span && a.fault.flag == b.fault.flag;
}

void look_at(const ScriptedFault& one) {
  must_hold(one.at >= Duration::zero() && one.at <= 24h, "a fault comes within a day");
  must_hold(one.fault.span >= Duration::zero() && one.fault.span <= 1h, "a fault lasts an hour at most");
  const std::string written = to_text(one);
  must_be_a_sentence(written);
  const FaultScript again = parse_script(written);  // a throw is a finding
  must_hold(again.size() == 1 && same(again.front(), one), "a fault is read as it is written");
}

void read_script(std::string_view text) {
  try {
    const FaultScript script = parse_script(text, text.substr(0, 60));  // as a file of that name
    must_hold(script.size() <= 1000, "a script has so many faults");
    if (!script.empty()) look_at(script.front());
    if (!script.empty()) look_at(script.back());
  } catch (const Error& error) {
    must_hold(error.cause() == Cause::usage, "what is written wrong is a matter of usage");
    must_be_a_sentence(error.what());
  }
}

void look_at_time(std::string_view text) {
  const auto time = read_time(text);
  if (!time) return;
  must_hold(*time <= 1'000'000s && *time >= -1'000'000s, "a time is one that somebody may wait for");
  must_hold(read_time(time_text(*time)) == time, "a time is read as it is written");
}

}  // namespace

std::vector<Seed> seeds() {
  std::vector<Seed> all;
  const auto add = [&](std::string name, std::string_view text) {
    all.push_back({std::move(name), Bytes(text.begin(), text.end())});
  };
  for (const FaultForm& form : fault_forms()) {
    std::string text = "at 1:02.5 " + std::string(form.words);
    if (form.number == FaultNumber::code) text += " 4015";
    if (form.number == FaultNumber::channel) text += " 81384788765712384";
    if (form.number == FaultNumber::bits) text += " 96k";
    if (form.number == FaultNumber::percent) text += " 5%";
    if (form.number == FaultNumber::bytes) text += " 250k";
    if (form.time != FaultTime::none) text += " " + std::string(form.before_time) + " 250ms";
    add("form_" + std::to_string(all.size()), text);
  }
  add("script",
      "# a storm\nat 3 drop gateway; at 500ms lose udp 5% for 10s\n\n at 1:30 move # there\nkick\n");
  add("typo", "at 3s dorp gateway\n");
  for (const char* const time : {"200ms", "0.2s", "1:02:03.25", "1e-9", "999999.999999999"}) {
    add("time_" + std::to_string(all.size()), time);
  }
  return all;
}

}  // namespace vcplay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vcplay;
  const std::string_view text = as_text({data, size});
  fuzz::read_script(text);
  fuzz::look_at_time(text);
  return 0;
}
