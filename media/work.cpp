#include "media/work.hpp"

#include <exception>
#include <utility>

#include "base/error.hpp"
#include "base/log.hpp"
#include "media/filtered_source.hpp"
#include "media/passthrough_rules.hpp"

namespace vcplay::media {

Work::Work(std::vector<Media> media, const PipelineOptions& options, stream::FrameLog& queue,
           PipelineListener& listener)
    : bitrate(options.bitrate),
      limit(options.encoder.limit),
      outlet(queue, listener),
      options_(options),
      trust_(options.ca_file),
      program_(std::move(media), options.program, {stop, progress, trust_, options_.web}),
      maker_(bitrate, options.volume, options.encoder, outlet, stop, progress),
      follower_(options.live, outlet, maker_, resampler_, gauge),
      stage_(options.sound, maker_, stop, progress),
      passthrough_(maker_, limit, stop, said_) {
  if (options.bitrate > 0) {
    bitrate_known.raise();
  } else {
    maker_.encode_after(bitrate_known);
  }
}

/// Nothing leaves it: what went wrong ends the pipeline in one sentence.
void Work::run(std::shared_ptr<Excursion> excursion) noexcept {
  excursion_ = excursion.get();
  const char* failure = nullptr;
  try {
    play_all();
    return end({});
  } catch (const LeftBehind&) {
    behind.fetch_sub(1);  // and that is all that this thread may touch
    return;
  } catch (const std::bad_alloc&) {
    failure = "There is no memory left to play with.";
  } catch (const std::exception& reason) {
    try {
      return end(std::string("The media thread failed: ") + reason.what() + '.');
    } catch (...) {
      failure = "The media thread failed, and there is no memory left to say why.";
    }
  } catch (...) {
    failure = "The media thread failed, and nobody knows why.";
  }
  try {
    end(failure);
  } catch (...) {
    end({});  // without a word, but the end is told
  }
}

void Work::end(const std::string& failure) noexcept {
  const auto surely = [](auto&& act) {
    try {
      act();
    } catch (...) {
      // It wanted memory. The others are still to be done.
    }
  };
  if (!failure.empty()) {
    surely([&] { outlet.tell([&](PipelineListener& listener) { listener.on_failure(failure); }); });
  }
  progress.leave();
  padding.store(maker_.tail(), std::memory_order_release);
  written.store(true);
  surely([&] { maker_.note_bitrate(); });
  surely([&] { end_softly(); });
  outlet.finish();
  surely([&] { outlet.tell([](PipelineListener& listener) { listener.on_pipeline_end(); }); });
  ended.raise();
}

void Work::set_bitrate(int bits_per_second) {
  const int before = bitrate.exchange(bits_per_second);
  limit.store(bits_per_second, std::memory_order_relaxed);
  bitrate_known.raise();
  if (bits_per_second < before && written.load()) outlet.fit(bits_per_second, options_.encoder);
}

void Work::play_all() {
  go_on_with(step_);
  while (item_) {
    if (play()) {
      settle();
    } else {
      step_ = Step::expands;
      advance();
    }
  }
}

/// A thread goes on where the one before it was left behind: in a track, or on the way to the next one.
void Work::go_on_with(Step step) {
  switch (step) {
    case Step::plays:
      lose_track();
      return settle();
    case Step::settles:
      advance();
      return tell_result();
    case Step::expands:
      return advance();
    case Step::begins:
      item_ = program_.next(excursion_);
      return;
  }
}

void Work::advance() {
  item_ = program_.next(excursion_);
  if (!item_ || item_->may_tarry) play_out();
}

/// The current track is over: the next one, and then what became of this.
void Work::settle() {
  if (began_) program_.note_played();
  step_ = Step::settles;
  advance();
  tell_result();
}

void Work::tell_result() {
  // Nobody has opened the next one, or nothing came out of it: a stop is not its end.
  if (!began_ && result_.error.empty() && stop.raised()) return;
  if (began_) result_.frames = stage_.frames_of_track();
  outlet.tell([&](PipelineListener& listener) { listener.on_track_end(result_); });
  track_ += 1;
}

/// False: it was no track but a list, and the program goes on with what that names.
bool Work::play() {
  step_ = Step::plays;
  result_ = {};
  result_.track = track_;
  result_.location = item_->media.location;
  result_.error = item_->failure;
  began_ = false;
  passes_ = false;
  reencoded_.clear();
  progress.enter(result_.location);
  try {
    if (item_->failure.empty()) decode();
  } catch (const ListFound& list) {
    program_.expand(item_->media, list.kind);
    return false;
  } catch (const Error& error) {
    result_.error = error.what();
  } catch (const std::bad_alloc&) {
    result_.error = named(result_.location) + " cannot be played: it takes more memory than there is";
  } catch (const std::exception& failure) {
    result_.error = named(result_.location) + " cannot be played: " + failure.what();
  }
  wind_up();
  return true;
}

/// Whoever played it is still inside the library, and all of this is ours.
void Work::lose_track() {
  progress.enter(result_.location);
  result_.error = left_out(result_.location);
  wind_up();
}

void Work::wind_up() {
  if (!result_.error.empty()) resampler_.give_up();  // its frame is gone
  if (stop.raised()) result_.error.clear();          // it was interrupted, not faulty
  follower_.end();
  if (passes_) result_.passed = passthrough_.passed();
  result_.reencoded = passes_ ? passthrough_.account() : reencoded_;
  if (result_.reencoded.empty()) result_.reencoded = reencoded_;
  if (began_) end_track();
}

void Work::decode() {
  // Of this thread's own: were it left behind, another one would exchange the item.
  const Media media = item_->media;
  const World world{stop, progress, trust_, options_.web, excursion_, &said_};
  const std::uint32_t track = result_.track;
  std::optional<Source> opened;
  abroad(excursion_, [&] { opened.emplace(media, track, world); });
  Source& source = *opened;
  result_.title = source.info().title;
  reencoded_ = reason_to_reencode(source.info(), item_->media, source.opus(), options_);
  follow(source);
  if (reencoded_.empty() && follower_.wants_samples_at_once())
    reencoded_ = "its producer's clock is followed";
  if (reencoded_.empty()) {
    pass_through(source);
    if (source.is_over() || stop.raised()) return;
    if (began_) passthrough_.hand_over();
    reencoded_ = "a part of it is not Opus";
  }
  const std::string name = named(item_->media.location);
  FilteredSource sound(source, options_.sound.filters, name + " cannot pass --af", stop, excursion_);
  while (const AVFrame* const frame = sound.next()) hear(*frame, source);
  if (!began_ && !stop.raised() && !options_.sound.filters.empty()) {
    throw Error(Cause::no_media, name + " does not sound: --af lets nothing through");
  }
}

void Work::hear(const AVFrame& frame, Source& source) {
  resampler_.take(frame);
  if (!began_) {
    passthrough_.hand_over();
    begin(source, reencoded_);
  }
  convert();
  if (auto title = source.take_title()) tell_title(source.info().track, std::move(*title));
}

void Work::tell_title(std::uint32_t track, std::string title) {
  const StreamTitle now{track, stage_.frames_of_track(), std::move(title)};
  outlet.tell([&](PipelineListener& listener) { listener.on_title(now); });
}

void Work::begin(const Source& source, const std::string& reencoded) {
  began_ = true;
  pre_skip.store(maker_.lead(), std::memory_order_release);
  TrackInfo info = source.info();
  info.tracks = item_->tracks;
  info.reencoded = reencoded;
  outlet.tell([&](PipelineListener& listener) { listener.on_track(info); });
  Program::Neighbours near;
  if (stage_.asks_for_company()) near = program_.neighbours();
  if (near.media.empty()) near.media.push_back(item_->media);
  stage_.begin_track(info.track, {.all = near.media, .index = near.place, .one_list = near.one_list}, source);
}

void Work::pass_through(Source& source) {
  resampler_.take_end();  // what it still holds of the track before
  convert();
  passes_ = true;
  if (!maker_.wait_for_bitrate()) return;
  passthrough_.play(source,
                    {.began = [&](const std::string& reencoded) { begin(source, reencoded); },
                     .titled = [&](std::string title) { tell_title(source.info().track, std::move(title)); },
                     .passed = [this] { return follower_.on_packet(Clock::now()); },
                     .decoded = [this](std::span<const float> samples) { return take_decoded(samples); }});
}

void Work::convert() {
  while (!stop.raised() && resampler_.convert(stage_.inlet())) {
    if (follower_.follows()) follower_.on_samples(Clock::now());
    stage_.pass_on(resampler_.downmixes());
  }
}

void Work::follow(Source& source) {
  const std::string& location = source.info().location;
  follower_.begin(source.is_pipe(), is_address(location), named(location));
  if (!follower_.follows()) return;
  source.on_silence(follower_.patience(), [this] {
    try {
      follower_.on_samples(Clock::now());
      stage_.pass_on(resampler_.downmixes());
    } catch (const std::exception& failure) {
      log::warning("A live input stumbled: {}", failure.what());
    }
  });
}

/// Opus that passed and no longer does: a live one goes the way of all live sound.
bool Work::take_decoded(std::span<const float> interleaved) {
  if (!follower_.follows()) return false;
  follower_.give(interleaved);
  convert();
  return true;
}

void Work::end_track() {
  if (stage_.parts_tracks()) {
    resampler_.take_end();
    convert();
  }
  stage_.end_track();
}

void Work::play_out() {
  resampler_.take_end();
  convert();
  stage_.finish();
}

}  // namespace vcplay::media
