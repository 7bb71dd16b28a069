#pragma once

#include "base/error.hpp"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// YAML as Kubernetes reads it: a bare scalar means what kubectl (sigs.k8s.io/yaml) says it means, and the result is JSON.
namespace fedctl::yaml {

/// What `place_of` knows of a source, all found in one reading when a place is asked for the first time.
class PlaceMemo;
std::shared_ptr<PlaceMemo> new_place_memo();

/// A text and the name it goes by in errors: a path, or "<stdin>". A big file need not be kept: with `file` it is read while it is
/// parsed, and once more when an error needs a place; `text` is empty then.
struct Source {
  std::string name;
  std::string text;
  std::filesystem::path file = {};
  std::shared_ptr<PlaceMemo> places = new_place_memo();
};

/// One YAML document. The source is kept, so that `place_of` can find positions when an error needs them.
struct Document {
  nlohmann::json value;
  std::shared_ptr<const Source> source;
  std::size_t index = 0;  ///< Which document of the source, from 0.
  int line = 1;           ///< Where its value starts, from 1.
  int column = 1;
};

struct Parsed {
  std::vector<Document> documents;    ///< Without the empty ones.
  std::vector<std::string> warnings;  ///< One line each, place included.
};

/// Reads every document of `source`. JSON is read too, being YAML; its documents may stand back to back, without `---`.
///
/// Errors, all `Code::invalid_input` with "name:line:column" as their place: what is no YAML; a duplicate key (both
/// lines); a value that JSON cannot hold (.inf, .nan, bytes that are not UTF-8); a value nested deeper than `deepest_nesting`; anchors
/// and aliases that expand to more than 64 MiB in one source.
Result<Parsed> parse(std::shared_ptr<const Source> source);

/// The same, handing over one document after the other, so that they need not be in memory together; an error that `on_document` returns
/// ends it. Returns the warnings.
using OnDocument = std::function<Result<void>(Document document)>;
Result<std::vector<std::string>> parse_each(std::shared_ptr<const Source> source, const OnDocument& on_document);

/// "name:line:column" of what `pointer` (RFC 6901, see base/pointer.hpp) names in the document, or of its nearest ancestor written there.
std::string place_of(const Document& document, const std::string& pointer = "");

/// What a bare (unquoted) scalar means; nothing for .inf and .nan, which JSON cannot hold.
std::optional<nlohmann::json> resolve_plain(std::string_view scalar);

/// `value` as block-style YAML that `parse`, and kubectl, read back as the same JSON; keys sorted, no `---`.
std::string emit(const nlohmann::json& value);

}  // namespace fedctl::yaml
