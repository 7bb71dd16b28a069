#pragma once

#include "base/error.hpp"

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>

namespace fedctl::federation {

/// Where workloads have the number of their replicas.
inline constexpr std::string_view replicas_path = "/spec/replicas";

/// One item of `spec.overrides[].clusterOverrides`: a JSON Patch operation (RFC 6902) whose `op` may be left out.
struct Override {
  enum class Operation { add, remove, replace };

  Operation operation = Operation::replace;  ///< KubeFed's default.
  std::string path;                          ///< JSON Pointer (RFC 6901) into the rendered object, e.g. "/spec/replicas".
  nlohmann::json value = nullptr;            ///< Ignored by `remove`.
};

/// What failed: which of the overrides, and why. The caller knows the cluster and the place.
struct OverrideProblem {
  std::size_t index = 0;
  std::string message;
};

/// Applies `overrides` to `object` in order and returns the result; `object` itself stays as it was.
///
/// As KubeFed does it (json-patch v4), which differs from RFC 6902: `replace` of a missing map key sets it, and an array index
/// may be negative, counting from the end. `add` at `-` or at the length appends. A missing parent, a `remove` of what is
/// not there and an index past the end are problems, which name the nearest ancestor that exists.
tl::expected<nlohmann::json, OverrideProblem> apply_overrides(const nlohmann::json& object, std::span<const Override> overrides);

/// Would this path change what names an object? Such overrides are refused: /kind, /metadata/name, /metadata/namespace and
/// /metadata/generateName, as in KubeFed.
bool is_forbidden(const std::string& path);

}  // namespace fedctl::federation
