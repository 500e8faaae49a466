#include "media/filter_graph.hpp"

#include <dlfcn.h>
#include <fmt/core.h>

extern "C" {
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
}

#include <algorithm>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/opus_frame.hpp"
#include "media/filter_names.hpp"
#include "media/filter_options.hpp"
#include "media/finite_samples.hpp"
#include "media/memory_ceiling.hpp"
#include "media/pipeline.hpp"
#include "media/resampler.hpp"

namespace vcplay::media {
namespace {

// No filter plays what it is given so much slower, or faster: what gives more gives sound without end, and
// what gives less keeps it in memory.
constexpr double kSlowest = 128;
constexpr double kFastest = 128;
constexpr double kLongestSilence = 600;  // seconds of a track that come to nothing

/// The functions of libavfilter, which nothing links. It stays loaded until the process ends.
struct Library {
  decltype(&avfilter_get_by_name) get_by_name = nullptr;
  decltype(&avfilter_graph_alloc) graph_alloc = nullptr;
  decltype(&avfilter_graph_free) graph_free = nullptr;
  decltype(&avfilter_graph_create_filter) create_filter = nullptr;
  decltype(&avfilter_graph_parse_ptr) parse = nullptr;
  decltype(&avfilter_graph_config) config = nullptr;
  decltype(&avfilter_inout_alloc) inout_alloc = nullptr;
  decltype(&avfilter_inout_free) inout_free = nullptr;
  decltype(&av_buffersrc_add_frame_flags) add_frame = nullptr;
  decltype(&av_buffersink_get_frame) get_frame = nullptr;

  Library() {
    const std::string name = fmt::format("libavfilter.so.{}", LIBAVFILTER_VERSION_MAJOR);
    void* const library = ::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
      throw Error(Cause::usage, fmt::format("--af needs {}, which is not installed (Debian: libavfilter{})",
                                            name, LIBAVFILTER_VERSION_MAJOR));
    }
    const auto find = [library](auto& function, const char* symbol) {
      function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(::dlsym(library, symbol));
      if (function == nullptr) {
        throw Error(Cause::usage, fmt::format("--af cannot be used: libavfilter has no {}", symbol));
      }
    };
    find(get_by_name, "avfilter_get_by_name");
    find(graph_alloc, "avfilter_graph_alloc");
    find(graph_free, "avfilter_graph_free");
    find(create_filter, "avfilter_graph_create_filter");
    find(parse, "avfilter_graph_parse_ptr");
    find(config, "avfilter_graph_config");
    find(inout_alloc, "avfilter_inout_alloc");
    find(inout_free, "avfilter_inout_free");
    find(add_frame, "av_buffersrc_add_frame_flags");
    find(get_frame, "av_buffersink_get_frame");
  }
};

const Library& library() {
  static const Library the;
  return the;
}

struct FreeGraph {
  void operator()(AVFilterGraph* graph) const noexcept { library().graph_free(&graph); }
};
struct FreeEnds {
  void operator()(AVFilterInOut* ends) const noexcept { library().inout_free(&ends); }
};
using GraphPtr = std::unique_ptr<AVFilterGraph, FreeGraph>;
using EndsPtr = std::unique_ptr<AVFilterInOut, FreeEnds>;

/// The open end of `filter`, under the name by which a graph may call it.
EndsPtr end_of(AVFilterContext* filter, const char* name) {
  EndsPtr end(made(library().inout_alloc()));
  end->name = made(av_strdup(name));
  end->filter_ctx = filter;
  end->pad_idx = 0;
  end->next = nullptr;
  return end;
}

}  // namespace

class FilterGraph::Impl {
 public:
  Impl(std::string text, std::string subject)
      : text_(std::move(text)), subject_(std::move(subject)), out_(made(av_frame_alloc())) {}

  void give(const AVFrame& frame) {
    if (graph_ != nullptr && fits(frame)) return push(frame);
    if (graph_ != nullptr) push_end();
    pending_ = &frame;
  }
  void give_end() {
    if (graph_ != nullptr) push_end();
    over_ = true;
  }
  const AVFrame* take();
  [[nodiscard]] bool done() const noexcept { return done_; }

 private:
  [[noreturn]] void refuse(int averror) const;
  void look_at_filters() const;
  void check(int result) const {
    if (result < 0) refuse(result);
  }
  [[nodiscard]] bool fits(const AVFrame& frame) const;
  void build(const AVFrame& frame);
  void describe_input(const AVFrame& frame);
  void push(const AVFrame& frame);
  void push_end();
  [[nodiscard]] bool goes_on_for_ever();

  const std::string text_;
  const std::string subject_;
  FramePtr out_;
  GraphPtr graph_;
  AVFilterContext* source_ = nullptr;  // both of graph_
  AVFilterContext* sink_ = nullptr;
  const AVFrame* pending_ = nullptr;  // waits until the graph of the old form is empty
  bool ending_ = false;               // the graph knows that no more will come
  bool over_ = false;                 // the track has ended
  bool done_ = false;                 // the graph has ended before the track
  int format_ = AV_SAMPLE_FMT_NONE;
  int rate_ = 0;
  ChannelLayout layout_;
  std::int64_t samples_ = 0;  // given to the graph
  double seconds_in_ = 0;     // of the track
  double seconds_out_ = 0;
  double seconds_of_tail_ = 0;  // came after its end
};

void FilterGraph::Impl::refuse(int averror) const {
  const std::string& complaint = first_complaint();
  throw Error(Cause::no_media,
              fmt::format("{}: {}", subject_, complaint.empty() ? describe(averror) : complaint));
}

/// FFmpeg reads a graph in its own way: what it made of it counts.
void FilterGraph::Impl::look_at_filters() const {
  for (unsigned i = 0; i < graph_->nb_filters; ++i) {
    const AVFilterContext* const filter = graph_->filters[i];
    if (filter == source_ || filter == sink_) continue;
    const std::string_view name = filter->filter->name;
    const bool has_options = filter->priv != nullptr && filter->filter->priv_class != nullptr;
    if (!is_allowed_filter(name) || (has_options && names_a_file(filter->priv))) {
      throw Error(Cause::usage, fmt::format("--af: the filter {} is not allowed like this", name));
    }
    if (name == "dynaudnorm") keep_in_bounds(filter->priv);
  }
}

bool FilterGraph::Impl::fits(const AVFrame& frame) const {
  const bool same_layout = frame.ch_layout.order == AV_CHANNEL_ORDER_UNSPEC
                               ? frame.ch_layout.nb_channels == layout_.get().nb_channels
                               : layout_.same_as(frame.ch_layout);
  return !ending_ && frame.format == format_ && frame.sample_rate == rate_ && same_layout;
}

void FilterGraph::Impl::describe_input(const AVFrame& frame) {
  format_ = frame.format;
  rate_ = frame.sample_rate;
  if (frame.ch_layout.order == AV_CHANNEL_ORDER_UNSPEC) {
    layout_.assign(ChannelLayout(frame.ch_layout.nb_channels).get());
  } else {
    layout_.assign(frame.ch_layout);
  }
  samples_ = 0;
  ending_ = false;
}

void FilterGraph::Impl::build(const AVFrame& frame) {
  describe_input(frame);
  forget_complaints();
  const Library& lib = library();
  graph_.reset(made(lib.graph_alloc()));
  graph_->nb_threads = 1;
  const char* const sample_format = av_get_sample_fmt_name(static_cast<AVSampleFormat>(format_));
  const std::string form = fmt::format("time_base=1/{}:sample_rate={}:sample_fmt={}:channel_layout={}", rate_,
                                       rate_, sample_format, layout_.name());
  check(lib.create_filter(&source_, lib.get_by_name("abuffer"), "in", form.c_str(), nullptr, graph_.get()));
  check(lib.create_filter(&sink_, lib.get_by_name("abuffersink"), "out", nullptr, nullptr, graph_.get()));
  AVFilterInOut* outputs = end_of(source_, "in").release();
  AVFilterInOut* inputs = end_of(sink_, "out").release();
  const int parsed = lib.parse(graph_.get(), text_.c_str(), &inputs, &outputs, nullptr);
  const EndsPtr rest_of_inputs(inputs);
  const EndsPtr rest_of_outputs(outputs);
  check(parsed);
  look_at_filters();
  const FreeAllocation whatever_they_need;
  check(lib.config(graph_.get(), nullptr));
}

void FilterGraph::Impl::push(const AVFrame& frame) {
  const FramePtr copy(made(av_frame_alloc()));
  check(av_frame_ref(copy.get(), &frame));
  if (av_channel_layout_copy(&copy->ch_layout, &layout_.get()) < 0) throw std::bad_alloc();
  make_finite(*copy);
  copy->pts = samples_;
  samples_ += frame.nb_samples;
  seconds_in_ += static_cast<double>(frame.nb_samples) / rate_;
  if (seconds_in_ > kFastest * seconds_out_ + kLongestSilence) {
    throw Error(Cause::no_media, subject_ + ": the filters let nothing through for ten minutes");
  }
  forget_complaints();
  check(library().add_frame(source_, copy.get(), 0));
}

void FilterGraph::Impl::push_end() {
  if (std::exchange(ending_, true)) return;
  check(library().add_frame(source_, nullptr, 0));
}

const AVFrame* FilterGraph::Impl::take() {
  for (;;) {
    if (graph_ != nullptr) {
      av_frame_unref(out_.get());
      const int got = library().get_frame(sink_, out_.get());
      if (got >= 0) {
        if (!goes_on_for_ever()) return out_.get();
      } else if (got == AVERROR(EAGAIN) && !ending_) {
        return nullptr;
      } else if (got != AVERROR_EOF && got != AVERROR(EAGAIN)) {
        refuse(got);
      }
      done_ = !ending_;
      if (done_) return nullptr;
      graph_.reset();
    }
    const AVFrame* const frame = std::exchange(pending_, nullptr);
    if (frame == nullptr) return nullptr;
    build(*frame);
    push(*frame);
  }
}

/// True when the samples in out_ are too many. In a tail they are left out; before its end a track has no
/// other way on.
bool FilterGraph::Impl::goes_on_for_ever() {
  const double seconds = static_cast<double>(out_->nb_samples) / std::max(1, out_->sample_rate);
  seconds_out_ += seconds;
  if (over_) {
    seconds_of_tail_ += seconds;
    if (seconds_of_tail_ <= kLongestTail) return false;
    log::warning("--af goes on by itself for more than {} s after the track's end: it is cut off there",
                 kLongestTail);
    return true;
  }
  if (seconds_out_ > kSlowest * seconds_in_ + kLongestTail) {
    throw Error(Cause::no_media, subject_ + ": the filters give sound without end");
  }
  return false;
}

FilterGraph::FilterGraph(const std::string& graph, const std::string& subject) {
  // FFmpeg's own words for a slip of the pen. It does not see the graph before all of it is allowed.
  for (const std::string& name : filters_named_in(graph)) {
    if (is_allowed_filter(name) || library().get_by_name(name.c_str()) != nullptr) continue;
    throw Error(Cause::usage, fmt::format("{}: No such filter: '{}'", subject, name));
  }
  if (const std::string reason = reason_against_filters(graph); !reason.empty()) {
    throw Error(Cause::usage, reason);
  }
  static_cast<void>(library());
  impl_ = std::make_unique<Impl>(graph, subject);
}

FilterGraph::~FilterGraph() = default;

void FilterGraph::give(const AVFrame& frame) {
  refuse_absurd_form(frame);
  impl_->give(frame);
}
void FilterGraph::give_end() { impl_->give_end(); }
const AVFrame* FilterGraph::take() { return impl_->take(); }
bool FilterGraph::done() const noexcept { return impl_->done(); }

void check_filters(const std::string& graph) {
  route_ffmpeg_log();  // where the reason is read from
  FilterGraph filters(graph, "--af");
  const FramePtr silence(made(av_frame_alloc()));
  silence->format = AV_SAMPLE_FMT_FLTP;
  silence->sample_rate = kSampleRate;
  silence->nb_samples = static_cast<int>(kSamplesPerFrame);
  av_channel_layout_default(&silence->ch_layout, kChannels);
  if (av_frame_get_buffer(silence.get(), 0) < 0) throw std::bad_alloc();
  av_samples_set_silence(silence->extended_data, 0, silence->nb_samples, kChannels, AV_SAMPLE_FMT_FLTP);
  try {
    filters.give(*silence);
    static_cast<void>(filters.take());
  } catch (const Error& error) {
    throw Error(Cause::usage, error.what());
  }
}

}  // namespace vcplay::media
