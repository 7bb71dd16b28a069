#include "base/pointer.hpp"
#include "fuzz.hpp"
#include "manifest/manifest.hpp"

using namespace fedctl;

namespace {

/// The place of each node, as errors ask for it.
void look_up_places(const yaml::Document& document, const nlohmann::json& value, const std::string& pointer, int& left) {
  if (left-- <= 0) return;
  fuzz::require(!yaml::place_of(document, pointer).empty(), "every node has a place", pointer);
  if (!value.is_structured()) return;
  for (const auto& [key, item] : value.items()) look_up_places(document, item, pointer::below(pointer, key), left);
}

}  // namespace

/// Manifests: any text is read as YAML, and what is read can be written and read again.
void fuzz::run(std::string_view input) {
  const auto text = source(input);
  const auto parsed = yaml::parse(text);
  if (!is_good(parsed)) return;
  for (const yaml::Document& document : parsed->documents) {
    require_emits_the_same(document.value);
    require(parse_json(to_text(document.value)) == document.value, "what is written as JSON reads the same");
    int most = 8;
    look_up_places(document, document.value, "", most);
  }
  const auto manifests = manifest::parse(text);
  if (!is_good(manifests)) return;
  for (const manifest::Manifest& manifest : manifests->items) {
    require(manifest.whole() == manifest.object, "a small object is kept whole");
    require(!manifest.place("/metadata/name").empty(), "a name has a place");
  }
}
