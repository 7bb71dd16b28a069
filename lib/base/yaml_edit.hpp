#pragma once

#include "base/yaml.hpp"

#include <nlohmann/json.hpp>
#include <string>

namespace fedctl::yaml {

struct Edited {
  std::string text;
  bool is_rewritten = false;  ///< The document, or a part of it, had to be written anew: comments and form of that are gone.
};

/// The text of `source`, whose `text` is the whole of it, with its document number `document` (Document::index) changed so that it reads as
/// `value`. Only what differs is touched: values are put in the place of values, what is new is added behind what is there, in the form of
/// its neighbours; comments, the order of keys and all other documents stay. Where that cannot be done (aliases, tags), the one document is
/// written anew. JSON stays JSON. Errors: as `parse`; invalid_input where neither way leads to a text that reads as it should.
Result<Edited> edit(const Source& source, std::size_t document, const nlohmann::json& value);

}  // namespace fedctl::yaml
