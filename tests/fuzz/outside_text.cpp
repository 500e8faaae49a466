// Text from outside: harmless when it is shown, and read without harm.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/snowflake.hpp"
#include "base/text.hpp"
#include "resources/guild.hpp"
#include "target.hpp"
#include "voice/ip_discovery.hpp"

namespace vcplay::fuzz {
namespace {

using nlohmann::json;

bool is_control(char character) {
  const auto byte = static_cast<unsigned char>(character);
  return byte < 0x20 || byte == 0x7f;
}

void show(std::string_view text, std::size_t columns) {
  const std::string safe = display_safe(text, columns);
  must_hold(std::none_of(safe.begin(), safe.end(), is_control), "no control character is shown");
  const std::string quoted = json(safe).dump();  // throws when it is no UTF-8
  must_hold(quoted.size() >= safe.size() + 2, "what is shown is UTF-8");
  must_hold(display_width(safe) <= columns, "what is shown fits its columns");
  const std::string ascii = ascii_only(safe);
  must_hold(std::all_of(ascii.begin(), ascii.end(),
                        [](char c) { return static_cast<unsigned char>(c) < 0x7f && !is_control(c); }),
            "ASCII is ASCII");
}

void read_json(std::string_view text) {
  const json value = json::parse(text, nullptr, false);
  const json guarded = vcplay::json::parse(text);
  must_hold(!value.is_discarded() || guarded.is_discarded(), "what is no JSON is none");
  static_cast<void>(resources::guild_from(guarded));
  static_cast<void>(resources::channel_from(guarded));
  if (!guarded.is_discarded()) {
    must_hold(json::accept(vcplay::json::dump(guarded)), "what is dumped is JSON");
  }
}

void discover(ByteView datagram) {
  const auto address = voice::IpDiscovery(0x01020304).answer(datagram);
  must_hold(!address || voice::is_numeric_address(address->address), "a discovered address is numeric");
}

}  // namespace

std::vector<Seed> seeds() {
  std::vector<Seed> all;
  const auto add = [&](const char* name, std::uint8_t head, std::string_view text) {
    Bytes input = {head};
    input.insert(input.end(), text.begin(), text.end());
    all.push_back({name, std::move(input)});
  };
  add("url", 0, "https://user:password@example.org/a?token=1#x");
  add("wide", 9,
      "\xe6\xbc\xa2\xe5\xad\x97 e\xcc\x81 \xf0\x9f\x8e\xb5 \xe2\x80\xae"
      "abc");
  add("controls", 0, "\x1b[31mred\n\x7f\xc2\x9b\xff\xc0\x80");
  add("guild", 1,
      R"({"id":"1","roles":[{"id":"1","permissions":"8"}],"channels":[{"id":2,"type":2}],"members":[]})");
  Bytes answer(1 + voice::kDiscoveryBytes);
  const Bytes header = {2, 0, 2, 0, 70, 1, 2, 3, 4, '1', '2', '7', '.', '0', '.', '0', '.', '1'};
  std::copy(header.begin(), header.end(), answer.begin());
  all.push_back({"discovery", answer});
  return all;
}

}  // namespace vcplay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vcplay;
  fuzz::Input input({data, size});
  const std::uint8_t head = input.u8();
  const ByteView bytes = input.rest();
  switch (head % 3) {
    case 0:
      fuzz::show(as_text(bytes), head < 128 ? kNoColumnLimit : head - 128U);
      break;
    case 1:
      fuzz::read_json(as_text(bytes));
      break;
    default:
      fuzz::discover(bytes);
  }
  return 0;
}
