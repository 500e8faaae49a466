// What it costs to be in a group: joining by Welcome, committing a Remove and following somebody else's
// Commit, in groups whose leaves are all fresh, so that a path has to be encrypted to every member by itself.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ctime>
#include <iostream>
#include <nlohmann/json.hpp>

#include "dave/policy.hpp"
#include "mls/group.hpp"
#include "report.hpp"

namespace vcplay::bench {
namespace {

constexpr Snowflake kChannel{200000000000000002};
constexpr std::uint64_t kFirstUser = 300000000000000000;

// At a thousand members, in milliseconds.
constexpr std::size_t kTargetMembers = 1000;
constexpr std::pair<const char*, double> kTargets[] = {{"join", 250}, {"commit", 250}, {"follow", 20}};

mls::OwnKeyPackage new_member(std::uint64_t number) {
  const mls::LeafContents leaf{{dave::identity_of(Snowflake{kFirstUser + number})}, {}, {}, {}};
  return mls::make_key_package(leaf, mls::PrivateKey::generate());
}

/// What the members of one group are sent, in this order.
struct Messages {
  Bytes external_sender;
  Bytes welcome;   // into a group of fresh leaves
  Bytes proposal;  // the external sender's, to remove the last member
  Bytes commit;    // of that, by the member who formed the group
};

// A group of `members`, of whom `newcomers` are some.
Messages form_group(std::size_t members, const std::vector<mls::KeyPackage>& newcomers) {
  const mls::PrivateKey gateway = mls::PrivateKey::generate();
  const mls::ExternalSender sender{mls::public_key_of(gateway), {{'g', 'a', 't', 'e'}}};
  const Bytes id = dave::identity_of(kChannel);
  mls::Group group = mls::Group::create(id, new_member(0), {{mls::external_senders_extension({sender})}});
  mls::CommitOptions adds;
  for (const mls::KeyPackage& newcomer : newcomers) adds.by_value.push_back({mls::Add{newcomer}});
  for (std::size_t i = adds.by_value.size() + 1; i < members; ++i) {
    adds.by_value.push_back({mls::Add{new_member(i).key_package}});
  }
  mls::NewCommit formed = group.commit({}, adds);
  group = std::move(formed.next);

  const mls::LeafIndex last{static_cast<std::uint32_t>(members - 1)};
  const mls::MlsMessage remove = mls::external_proposal(id, group.epoch(), 0, gateway, {mls::Remove{last}});
  mls::PendingProposals pending;
  pending.add(group.verify_proposal(*remove.get<mls::PublicMessage>()));
  return {mls::encoded(sender), *formed.welcome, mls::encoded(remove), group.commit(pending).commit};
}

double milliseconds_so_far() {
  timespec spent{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
  return static_cast<double>(spent.tv_sec) * 1e3 + static_cast<double>(spent.tv_nsec) / 1e6;
}

/// Milliseconds of processor time that `work` takes, once: nothing here waits, and others may be busy.
template <typename Work>
double timed(Work work) {
  const double before = milliseconds_so_far();
  work();
  return milliseconds_so_far() - before;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// From the bytes on the wire to the state afterwards, as each of several members sees it.
Json measure(std::size_t members, std::size_t samples) {
  std::vector<mls::OwnKeyPackage> selves;
  std::vector<mls::KeyPackage> packages;
  for (std::size_t i = 0; i < samples; ++i) {
    selves.push_back(new_member(i + 1));
    packages.push_back(selves.back().key_package);
  }
  const Messages said = form_group(members, packages);
  std::vector<double> join, commit, follow;
  for (const mls::OwnKeyPackage& self : selves) {
    std::optional<mls::Group> group;
    join.push_back(timed([&] { group = mls::Group::join(mls::decoded<mls::Welcome>(said.welcome), self); }));
    mls::PendingProposals pending;
    commit.push_back(timed([&] {
      const auto proposal = mls::decoded<mls::MlsMessage>(said.proposal);
      pending.add(group->verify_proposal(*proposal.get<mls::PublicMessage>()));
      static_cast<void>(group->commit(pending));
    }));
    follow.push_back(timed([&] {
      const auto message = mls::decoded<mls::MlsMessage>(said.commit);
      static_cast<void>(group->process(*message.get<mls::PublicMessage>(), pending));
    }));
  }
  return {{"members", members},      {"samples", samples},          {"welcome_bytes", said.welcome.size()},
          {"join_ms", median(join)}, {"commit_ms", median(commit)}, {"follow_ms", median(follow)}};
}

void print(const Json& row) {
  const auto members = row.at("members").get<std::size_t>();
  fmt::print("  vcplay {:>5} members", members);
  for (const auto& [what, target] : kTargets) {
    const double milliseconds = row.at(std::string(what) + "_ms").get<double>();
    fmt::print("   {} {:>10.3f} ms", what, milliseconds);
  }
  fmt::print("\n");
  if (members != kTargetMembers) return;
  for (const auto& [what, target] : kTargets) {
    const bool is_met = row.at(std::string(what) + "_ms").get<double>() < target;
    fmt::print("    {} of {} members {} {} ms\n", what, members, is_met ? "meets" : "MISSES", target);
  }
}

// For members made by others: forms a group with the key packages that they sent and prints what they
// are to be told.
void form_for_others(std::size_t members) {
  std::vector<mls::KeyPackage> packages;
  for (std::string line; std::getline(std::cin, line);) {
    packages.push_back(mls::decoded<mls::KeyPackage>(from_hex(line).value()));
  }
  const Messages said = form_group(members, packages);
  const Json answer = {{"channel", kChannel.str()},
                       {"external_sender", to_hex(said.external_sender)},
                       {"welcome", to_hex(said.welcome)},
                       {"proposal", to_hex(said.proposal)},
                       {"commit", to_hex(said.commit)}};
  std::cout << answer << '\n';
}

// Fewer where each takes long, and never so many that the last member, who goes, is one of them.
std::size_t samples_for(std::size_t members) {
  return std::clamp<std::size_t>(members - 2, 1, members > 500 ? 5 : 15);
}

}  // namespace
}  // namespace vcplay::bench

int main(int argc, char** argv) {
  using namespace vcplay;
  CLI::App app{"Measures joining, committing and following Commits in MLS groups."};
  std::vector<std::size_t> sizes = {10, 100, 1000};
  std::size_t form = 0;
  std::string json_file;
  app.add_option("--members", sizes, "Sizes of the groups")->capture_default_str();
  app.add_option("--json", json_file, "Also write the figures to this file");
  app.add_option("--form", form, "Reads key packages in hex and prints messages for their owners")->group("");
  CLI11_PARSE(app, argc, argv);
  return bench::report("mls_bench", json_file, [&] {
    bench::Json rows = bench::Json::array();
    if (form > 0) {
      bench::form_for_others(form);
      return rows;
    }
    for (const std::size_t members : sizes) {
      rows.push_back(bench::measure(members, bench::samples_for(members)));
      bench::print(rows.back());
    }
    return rows;
  });
}
