#pragma once

#include <yaml-cpp/mark.h>
#include <string_view>
#include <vector>

/// What yaml-cpp lets pass and YAML does not; for lib/base alone.
namespace fedctl::yaml {

/// The lines of a text, to look at what stands at a mark.
class Lines {
 public:
  explicit Lines(std::string_view text);

  /// Is a document that begins here (and is not the first) set off by "---", or by "..." before it?
  bool starts_a_document(const YAML::Mark& mark) const;

  /// Does the quoted scalar that starts here have its closing quote? True for what is not quoted.
  bool ends_quoted(const YAML::Mark& mark) const;

 private:
  std::string_view line(std::size_t number) const;

  std::string_view text_;
  std::vector<std::size_t> starts_;
};

}  // namespace fedctl::yaml
