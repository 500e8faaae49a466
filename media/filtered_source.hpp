// A track's samples as --af makes them.
#pragma once

#include <optional>
#include <string>

#include "media/event.hpp"
#include "media/excursion.hpp"
#include "media/filter_graph.hpp"
#include "media/source.hpp"

namespace vcplay::media {

/// Sends what a Source yields through a FilterGraph, or nowhere when there is none. Lives on one thread.
class FilteredSource {
 public:
  /// `graph`: of --af, or empty; `subject` as for FilterGraph, which see for what is thrown. `source`, `stop`
  /// and `excursion`, which may be nullptr, outlive it.
  FilteredSource(Source& source, const std::string& graph, const std::string& subject, const Event& stop,
                 Excursion* excursion = nullptr);

  /// The next samples (valid until the next call), or nullptr at the end and after a stop. Throws as
  /// Source::next() and FilterGraph::take() do.
  [[nodiscard]] const AVFrame* next();

 private:
  Source& source_;
  const Event& stop_;
  Excursion* const excursion_;
  std::optional<FilterGraph> graph_;
  bool ended_ = false;  // the source has
};

}  // namespace vcplay::media
