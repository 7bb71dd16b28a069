#pragma once

#include "base/error.hpp"
#include "manifest/manifest.hpp"

#include <memory>
#include <nlohmann/json.hpp>

namespace fedctl::federation {

/// The last touches of every rendered object: the managed label, what servers fill in taken out, a Secret's `stringData`
/// turned into `data` (recorded as such a foreign change of `data` would stay unseen).
/// Errors: invalid_input for labels that are no map and for a Secret whose data are no base64; never a Secret's value.
/// And it carries the marks of the host whose copy it is, and of the set that it is part of, where there are such.
struct Marks {
  std::string host_uid;
  std::string set_id;
};
Result<std::shared_ptr<const nlohmann::json>> make_concrete(nlohmann::json object, const manifest::Manifest& manifest, const Marks& marks);

}  // namespace fedctl::federation
