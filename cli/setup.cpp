#include "cli/setup.hpp"

#include "cli/sync.hpp"
#include "cli/token.hpp"
#include "host/state_folder.hpp"
#include "net/url.hpp"
#include "voice/session.hpp"

namespace vcplay::cli {
namespace {

constexpr std::string_view kDiscordApi = "https://discord.com/api/v10";

std::uint8_t flags_of(Speaking speaking) {
  switch (speaking) {
    case Speaking::microphone:
      return voice::kMicrophone;
    case Speaking::soundshare:
      return voice::kSoundshare;
    case Speaking::priority:
      return voice::kMicrophone | voice::kPriority;
  }
  return voice::kMicrophone;
}

/// Found as the state folder is: a service and a login shell share what was measured.
std::string cache_folder() {
  const std::string home = host::state_places().home;
  return home.empty() ? std::string() : home + "/.cache/vcplay";
}

net::Url url_or_complain(const std::string& text, std::string_view option) {
  const auto url = net::Url::parse(text);
  if (!url) throw Error(Cause::usage, fmt::format("{}: {} is no https or wss URL.", option, text));
  return *url;
}

}  // namespace

PlayerSetup common_setup(const Options& options) {
  PlayerSetup setup;
  setup.targets = options.targets;
  setup.sync = settle_sync(options);
  setup.max_joined = options.max_joined;
  setup.at = options.at;
  setup.media = options.media;
  setup.bitrate = options.bitrate;
  setup.channel_status = options.channel_status;
  setup.ca_file = options.ca_file;
  setup.pipeline.volume = options.volume;
  setup.pipeline.ca_file = options.ca_file;
  setup.pipeline.program = options.program;
  setup.pipeline.sound = options.sound;
  setup.pipeline.sound.cache_folder = cache_folder();
  setup.pipeline.sound.cut_ends = options.program.end.has_value();
  setup.pipeline.encoder = options.encoder;
  setup.pipeline.live = options.live;
  setup.pipeline.web.origin = options.origin;
  if (options.fast) setup.pipeline.live.which = media::LiveOptions::Which::none;
  if (options.bitrate) setup.pipeline.bitrate = setup.pipeline.encoder.limit = *options.bitrate;
  setup.channel.speaking_flags = flags_of(options.speaking);
  setup.channel.when_alone = options.when_alone;
  setup.channel.on_move = options.on_move;
  setup.channel.on_kick = options.on_kick;
  setup.channel.on_suppressed = options.on_suppressed;
  setup.channel.allow_plaintext = options.allow_plaintext;
  setup.channel.lead_in_packets = static_cast<int>((options.lead_in + kFrameDuration / 2) / kFrameDuration);
  return setup;
}

net::Url api_url_of(const Options& options) {
  return url_or_complain(options.api_url.empty() ? std::string(kDiscordApi) : options.api_url, "--api-url");
}

PlayerSetup discord_setup(const Options& options) {
  PlayerSetup setup = common_setup(options);
  setup.bot.token = find_token(options);
  if (!options.gateway_url.empty())
    setup.bot.gateway_url = url_or_complain(options.gateway_url, "--gateway-url");
  // With a gateway of somebody's own, Discord's REST API would know nothing of its channels.
  if (!options.api_url.empty() || options.gateway_url.empty()) {
    setup.bot.api_url = api_url_of(options);
  }
  if (options.shard) setup.bot.shard = std::pair{options.shard->index, options.shard->count};
  return setup;
}

}  // namespace vcplay::cli
