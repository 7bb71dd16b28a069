#pragma once

#include "base/gate.hpp"
#include "federation/render.hpp"
#include "kube/client.hpp"
#include "kube/openapi.hpp"
#include "plan/plan.hpp"

#include <map>
#include <string>
#include <vector>

namespace fedctl::inspect {

/// What the clusters' OpenAPI documents say of types, each document read once for all clusters, and only when an object was refused.
class Schemas {
 public:
  /// The fields of the map that `keys` lead to in objects of the type; empty where that cannot be found out.
  Task<std::vector<std::string>> fields_in(kube::Client& client, kube::Resource resource, std::vector<std::string> keys);

 private:
  /// One cluster that is slow to answer does not hold up all others.
  static constexpr std::size_t at_once = 4;

  Turnstile turns_{at_once};
  std::map<std::string, kube::TypeSchema> read_;
};

/// The errors that a server's refusal of `change` amounts to: one for each field it is about, at the field's own place in the input. A
/// field that the type does not have comes with the one that was most likely meant.
Task<std::vector<Error>> refused_fields(kube::Client& client, Schemas& schemas, Error refusal, const plan::Change& change,
                                        const federation::DesiredObject& desired);

}  // namespace fedctl::inspect
