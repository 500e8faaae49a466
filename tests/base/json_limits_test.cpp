// How much of a text is kept, whatever its writer hopes for.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "base/json.hpp"

namespace vcplay {
namespace {

constexpr json::Field kUser[] = {{"id"}};
constexpr json::Field kMember[] = {json::objects("user", kUser), json::plain_list("roles")};
constexpr json::Field kFields[] = {{"name"}, json::plain_list("tags"), json::objects("members", kMember)};

nlohmann::json parse(const std::string& text, const json::Wanted& wanted = {}) {
  return json::parse(text, {}, kFields, wanted);
}

std::string repeated(const std::string& element, std::size_t times) {
  std::string list = "[";
  for (std::size_t i = 0; i < times; ++i) list += (i == 0 ? "" : ",") + element;
  return list + "]";
}

TEST(JsonFields, AreAllThatIsKept) {
  EXPECT_EQ(parse(R"({"name":"a","other":1,"more":{"name":"b","x":[{}]},"tags":["x",2,true],
                      "members":[{"user":{"id":"7","name":"c"},"roles":["1","2"],"nick":null}]})"),
            nlohmann::json::parse(R"({"name":"a","tags":["x",2,true],
                                      "members":[{"user":{"id":"7"},"roles":["1","2"]}]})"));
}

TEST(JsonFields, AreFoundInEachObjectOfAList) {
  EXPECT_EQ(parse(R"([{"name":"a","x":1},7,null,{"name":"b"},"c"])"),
            nlohmann::json::parse(R"([{"name":"a"},{"name":"b"}])"));
}

TEST(JsonFields, OfAnotherKindAreThereWithNothingInThem) {
  EXPECT_EQ(parse(R"({"name":{"a":[1,2,3]},"tags":{"a":1},"members":"none"})"),
            nlohmann::json::parse(R"({"name":{},"tags":{},"members":"none"})"));
  EXPECT_EQ(parse(R"({"name":[[1],{"a":2}],"tags":[[1],{"a":2},3],"members":[[{"user":{"id":1}}]]})"),
            nlohmann::json::parse(R"({"name":[],"tags":[3],"members":[[{"user":{"id":1}}]]})"));
}

TEST(JsonFields, TakeTheLastOfSeveralWithOneName) { EXPECT_EQ(parse(R"({"name":1,"name":2})")["name"], 2); }

TEST(JsonFields, LeaveOutWhatIsNotWanted) {
  const auto only_seven = [](std::string_view list, const nlohmann::json& element) {
    return list != "members" || json::integer(json::field(element, "user"), "id") == 7;
  };
  EXPECT_EQ(parse(R"({"members":[{"user":{"id":6}},{"user":{"id":7}},{},{"user":{"id":8}}]})", only_seven),
            nlohmann::json::parse(R"({"members":[{"user":{"id":7}}]})"));
}

TEST(JsonFields, AreNoneInWhatIsNoJson) {
  for (const char* const text :
       {"", "{", R"({"name":})", R"({"other":[}})", R"({"name":1}x)", "{\"x\":\"\xff\"}"}) {
    EXPECT_TRUE(parse(text).is_discarded()) << text;
  }
}

TEST(JsonLimits, CountWhatIsKept) {
  const json::Limits ten{.bytes = 1000, .values = 10};
  EXPECT_FALSE(json::parse(repeated("1", 9), ten).is_discarded());
  EXPECT_TRUE(json::parse(repeated("1", 10), ten).is_discarded()) << "the list counts, too";
  EXPECT_TRUE(json::parse(repeated("{}", 10), ten).is_discarded());
  EXPECT_FALSE(json::parse(R"({"a":1,"other":)" + repeated("1", 100) + "}", ten, kFields).is_discarded());
}

TEST(JsonLimits, DoNotCountWhatWasNotWanted) {
  const json::Limits ten{.bytes = 10'000, .values = 10};
  const auto nobody = [](std::string_view, const nlohmann::json&) { return false; };
  const std::string crowd = R"({"members":)" + repeated(R"({"user":{"id":1}})", 100) + "}";
  EXPECT_FALSE(json::parse(crowd, ten, kFields, nobody).is_discarded());
  EXPECT_TRUE(json::parse(crowd, ten, kFields).is_discarded());
}

TEST(JsonLimits, HoldForAFloodOfValues) {
  const std::string flood = repeated("{}", 1'000'000);
  EXPECT_TRUE(json::parse(flood, {.bytes = flood.size()}).is_discarded());
  EXPECT_TRUE(json::parse(flood).is_discarded()) << "for its size alone";
}

TEST(JsonLimits, HoldForDepthInWhatIsPassedOver) {
  const auto nested = [](std::size_t depth) {
    return R"({"other":)" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  EXPECT_FALSE(parse(nested(json::kMaxDepth - 1)).is_discarded());
  EXPECT_TRUE(parse(nested(json::kMaxDepth)).is_discarded());
}

}  // namespace
}  // namespace vcplay
