// Files that are called a little otherwise than a list says.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vcplay::media {

/// `name` as people compare names: without regard to case, and to whether a letter and its accent are one
/// character or two (Unicode, UAX #15, NFC and case folding). What is no UTF-8 is taken for Latin-1.
[[nodiscard]] std::string folded(std::string_view name);

/// The names in one folder.
class FolderNames {
 public:
  explicit FolderNames(const std::vector<std::string>& names);

  /// The one that is called so, or nearly so; nullptr: none.
  [[nodiscard]] const std::string* called(std::string_view name) const;
  /// The medium that is called so but for what stands behind its last dot; nullptr: none, or more than one.
  [[nodiscard]] const std::string* with_another_ending(std::string_view name) const;

 private:
  std::map<std::string, std::string, std::less<>> by_name_;               // folded
  std::map<std::string, std::vector<std::string>, std::less<>> by_stem_;  // of media, likewise
};

/// What a list named, and is not there.
struct Missing {
  std::string path;  // as it stands
  std::string list;  // its own path
  bool is_of_sheet =
      false;  // of a CUE sheet: they are left as they were when the file is encoded or carried elsewhere
  bool is_only_file = false;  // of that sheet
};
/// What is in a folder, "" for the present one; the answer is valid until the next question.
using OpenFolder = std::function<const FolderNames&(const std::string& folder)>;

/// The file that was meant: called otherwise in case, accents, slashes or percent-encoding; of a path with a
/// drive, or of a sheet's, as much of the end as lies beside the list; of a sheet's, what has another ending,
/// or else is called like the sheet. Nothing: nobody knows.
[[nodiscard]] std::optional<std::string> find_nearby(const Missing& missing, const OpenFolder& open);

}  // namespace vcplay::media
