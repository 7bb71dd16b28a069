#include "federation/concrete.hpp"

#include "base/encoding.hpp"
#include "federation/apply_set.hpp"
#include "federation/render.hpp"

#include <fmt/format.h>

namespace fedctl::federation {
namespace {

using nlohmann::json;

tl::unexpected<Error> invalid(const manifest::Manifest& manifest, const json& object, std::string message, std::string hint = {}) {
  return Failure{{.code = Code::invalid_input,
                  .message = std::move(message),
                  .place = manifest.place(),
                  .object = kube::to_string(kube::key_of(object)),
                  .hint = std::move(hint)}};
}

bool is_secret(const json& object) { return kube::string_at(object, "kind") == "Secret" && kube::string_at(object, "apiVersion") == "v1"; }

Result<void> fold_string_data(json& object, const manifest::Manifest& manifest) {
  const json data = kube::value_at(object, "data");
  if (!data.is_null() && !data.is_object()) return invalid(manifest, object, "a Secret's data must be a map");
  for (const auto& [key, value] : data.items()) {
    if (!value.is_string()) return invalid(manifest, object, fmt::format("data.{} must be a string", key), "quote it, in base64");
    if (!encoding::from_base64(value.get_ref<const std::string&>())) {
      return invalid(manifest, object, fmt::format("data.{} is no base64", key), "encode it, or put the plain text into stringData");
    }
  }
  const json plain = kube::value_at(object, "stringData");
  if (!plain.is_null() && !plain.is_object()) return invalid(manifest, object, "a Secret's stringData must be a map");
  for (const auto& [key, value] : plain.items()) {
    if (!value.is_string()) return invalid(manifest, object, fmt::format("stringData.{} must be a string", key), "quote it");
    object["data"][key] = encoding::to_base64(value.get_ref<const std::string&>());
  }
  object.erase("stringData");
  return {};
}

}  // namespace

Result<std::shared_ptr<const json>> make_concrete(json object, const manifest::Manifest& manifest, const Marks& marks) {
  json& metadata = object["metadata"];
  for (const char* key : {"creationTimestamp", "managedFields", "resourceVersion", "uid", "generation", "selfLink"}) metadata.erase(key);
  for (const char* key : {"labels", "annotations"}) {
    const auto found = metadata.find(key);
    if (found == metadata.end() || found->is_object()) continue;
    if (!found->is_null()) return invalid(manifest, object, fmt::format("metadata.{} must be a map", key));
    metadata.erase(found);
  }
  metadata["labels"][std::string{managed_label}] = "true";
  if (!marks.host_uid.empty()) metadata["annotations"][std::string{host_annotation}] = marks.host_uid;
  if (!marks.set_id.empty()) metadata["labels"][std::string{part_of_label}] = marks.set_id;
  if (is_secret(object)) {
    if (auto folded = fold_string_data(object, manifest); !folded) return Failure{folded.error()};
  }
  return std::make_shared<const json>(std::move(object));
}

}  // namespace fedctl::federation
