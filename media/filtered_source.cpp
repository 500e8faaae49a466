#include "media/filtered_source.hpp"

namespace vcplay::media {

FilteredSource::FilteredSource(Source& source, const std::string& graph, const std::string& subject,
                               const Event& stop, Excursion* excursion)
    : source_(source), stop_(stop), excursion_(excursion) {
  if (!graph.empty()) graph_.emplace(graph, subject);
}

const AVFrame* FilteredSource::next() {
  while (!stop_.raised()) {
    if (!graph_) return source_.next();
    const AVFrame* const filtered = abroad(excursion_, [this] { return graph_->take(); });
    if (filtered != nullptr) return filtered;
    if (ended_ || graph_->done()) return nullptr;
    if (const AVFrame* const frame = source_.next()) {
      graph_->give(*frame);
    } else {
      graph_->give_end();
      ended_ = true;
    }
  }
  return nullptr;
}

}  // namespace vcplay::media
