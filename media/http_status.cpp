#include "media/http_status.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace vcplay::media {
namespace {

struct Status {
  int number;
  const char* name;
  const char* meaning;
};

constexpr const char* kTrouble = "its server is in trouble; try again later";
constexpr const char* kNotThere = "there is nothing by that address";
constexpr const char* kLogin = "it wants a login: put it into the address, as in https://NAME:PASSWORD@HOST/";
constexpr auto kStatuses = std::to_array<Status>({
    {400, "Bad Request", "its server does not understand the address"},
    {401, "Unauthorized", kLogin},
    {402, "Payment Required", "it costs money"},
    {403, "Forbidden", "its server does not give it to you; a link may have run out"},
    {404, "Not Found", kNotThere},
    {406, "Not Acceptable", "its server does not give it to programs like this one"},
    {407, "Proxy Authentication Required", "the proxy wants a login"},
    {408, "Request Timeout", kTrouble},
    {410, "Gone", "it was there, and will not come back"},
    {416, "Range Not Satisfiable", "it is shorter by now"},
    {429, "Too Many Requests", "its server was asked too often; wait before you try again"},
    {451, "Unavailable For Legal Reasons", "its server may not give it to you"},
    {500, "Internal Server Error", kTrouble},
    {502, "Bad Gateway", kTrouble},
    {503, "Service Unavailable", kTrouble},
    {504, "Gateway Timeout", kTrouble},
});

}  // namespace

std::string describe_http_status(int status) {
  const auto known = std::find_if(kStatuses.begin(), kStatuses.end(),
                                  [status](const Status& one) { return one.number == status; });
  if (known != kStatuses.end()) return fmt::format("{} {}: {}", status, known->name, known->meaning);
  return fmt::format("{}: {}", status, status >= 500 ? kTrouble : "its server does not give it");
}

}  // namespace vcplay::media
