#pragma once

#include "base/error.hpp"
#include "base/task.hpp"
#include "kube/client.hpp"

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

namespace fedctl::kube {

/// What a cluster's OpenAPI v3 documents (KEP-2896) say of a type: the schema, and those it refers to.
struct TypeSchema {
  nlohmann::json schema;      ///< Null where the documents do not know the type.
  nlohmann::json components;  ///< By "#/components/schemas/NAME".
};
Task<Result<TypeSchema>> read_schema(Client& client, Resource resource);

/// The fields that the type has in the map that `keys` lead to, an item of a list being named by its position; empty where the schema
/// does not tell.
std::vector<std::string> fields_in(const TypeSchema& type, std::span<const std::string> keys);

/// Has the type an integer at spec.replicas?
bool has_replicas(const TypeSchema& type);

/// The schema with every reference put in, as a CustomResourceDefinition wants it (structural, without defaults): what validates
/// the template of a federated type. A schema that holds itself ends in "anything". apiVersion, kind, status and the fields of
/// metadata that a template does not carry are left out.
nlohmann::json template_schema(const TypeSchema& type);

}  // namespace fedctl::kube
