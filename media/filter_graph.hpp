// libavfilter, for those who ask for it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "media/ffmpeg.hpp"

namespace vcplay::media {

/// Sends the decoded samples of one track through the filters of --af. libavfilter is loaded with the first
/// of these and not before: it takes time and memory that most runs have no use for. Lives on one thread.
class FilterGraph {
 public:
  /// So long a filter may go on by itself when a track is over; then it is cut off.
  static constexpr int kLongestTail = 60;  // seconds

  /// `subject` begins the sentences of errors, such as "--af". Throws Error{usage} when `graph` is not
  /// allowed or libavfilter is not there.
  FilterGraph(const std::string& graph, const std::string& subject);
  ~FilterGraph();
  FilterGraph(const FilterGraph&) = delete;
  FilterGraph& operator=(const FilterGraph&) = delete;

  /// Gives it `frame`, which stays alive until take() has returned nullptr. A form that changes in
  /// mid-stream is followed.
  void give(const AVFrame& frame);
  /// After the last frame: what the filters still hold becomes available.
  void give_end();
  /// The next filtered samples, valid until the next call, or nullptr when there are none for now. Throws
  /// Error{no_media} that quotes FFmpeg when the filters cannot take the form of the samples, fail, or give
  /// sound without end or none at all.
  [[nodiscard]] const AVFrame* take();
  /// True when the filters want no more of the track.
  [[nodiscard]] bool done() const noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vcplay::media
